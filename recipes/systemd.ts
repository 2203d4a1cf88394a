import { all, command, script, type Command } from "../core/command.ts";
import type { LifecycleStage } from "../core/recipe.ts";

/** How a service is started, stopped and looked at. */
export interface ServiceControl {
  readonly units: readonly string[];
  readonly stages: Readonly<Record<LifecycleStage, readonly Command[]>>;
  readonly alive: Command;
}

/** Systemd units that run a service, started in this order and stopped in the opposite one. What was not started does not start at boot either. */
export function systemd(...units: readonly string[]): ServiceControl {
  const last = [...units].reverse();
  return {
    units,
    stages: {
      install: [script(DISABLE_UNLESS_ACTIVE, ...units)],
      configure: [command("systemctl", "daemon-reload")],
      start: [
        command("systemctl", "daemon-reload"),
        script(CLEAR_FAILURES, ...units),
        command("systemctl", "enable", "--quiet", "--now", ...units),
      ],
      stop: [script(STOP, ...last)],
      uninstall: [script(STOP, ...last)],
    },
    // One call with several units succeeds when any of them is active.
    alive: all(...units.map((unit) => command("systemctl", "is-active", "--quiet", unit))),
  };
}

/** Lines of a unit whose program listens and connects, writes where its unit says, and does nothing else to its machine. */
export const CONFINED = `NoNewPrivileges=true
ProtectSystem=strict
ProtectHome=true
PrivateTmp=true
PrivateDevices=true
ProtectControlGroups=true
ProtectKernelTunables=true
RestrictSUIDSGID=true
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX`;

/** The last lines of a unit's journal, as a check's explanation. */
export function lastLines(unit: string, lines = 30): Command {
  return command("journalctl", "--unit", unit, "--lines", String(lines), "--no-pager", "--output", "cat");
}

/** Bytes that a unit's processes use, as a metric's command: by the kernel's account, or their resident memory where it keeps none. */
export function unitMemory(unit: string): Command {
  return script(UNIT_MEMORY, unit);
}

const UNIT_MEMORY = `
bytes=$(systemctl show --property MemoryCurrent --value "$1")
case $bytes in
  "" | *[!0-9]*) ps -e -o unit= -o rss= | awk -v unit="$1.service" '$1 == unit { sum += $2 } END { print sum * 1024 }' ;;
  *) printf '%s\\n' "$bytes" ;;
esac`;

// Debian packages enable their unit; it would start at the next boot before its service was told to.
const DISABLE_UNLESS_ACTIVE = `
for unit; do
  systemctl is-active --quiet "$unit" || ! systemctl cat "$unit" >/dev/null 2>&1 || systemctl disable --quiet "$unit"
done`;

// A unit that failed too often in a row is not started again until its counter is cleared; unknown to systemd is fine.
const CLEAR_FAILURES = `for unit; do systemctl reset-failed "$unit" 2>/dev/null || :; done`;

const STOP = `
for unit; do
  ! systemctl cat "$unit" >/dev/null 2>&1 || systemctl disable --quiet --now "$unit"
done`;
