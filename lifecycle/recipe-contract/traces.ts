import { script } from "../../core/command.ts";
import type { Shell } from "../../core/shell.ts";

/** What is on a node, one thing a line: `package less`, `file /etc/hosts`, `port tcp 0.0.0.0:22`. */
export type Traces = ReadonlySet<string>;

export async function readTraces(shell: Shell, signal: AbortSignal): Promise<Traces> {
  const { stdout } = await shell.run(script(TRACES), signal);
  return new Set(stdout.split("\n").filter((line) => line !== ""));
}

/** What differs on a node from how it was, in words; without what may stay, by its path. */
export function differences(
  before: Traces,
  now: Traces,
  keeps: Readonly<Record<string, string>>,
): readonly string[] {
  const isKept = (line: string): boolean => {
    const path = /^(?:file|text) (\/.*?)(?: [0-9a-f]{64})?$/.exec(line)?.[1] ?? "";
    return Object.keys(keeps).some((kept) => path === kept || path.startsWith(`${kept}/`));
  };
  const known = new Set([...before].map(withoutSum));
  const more = [...now].filter((line) => !before.has(line) && !isKept(line));
  const gone = [...before].filter((line) => !now.has(line) && !isKept(line) && !line.startsWith("text "));
  return [
    ...inFewWords(more.map((line) => (known.has(withoutSum(line)) ? changed(line) : line))),
    ...inFewWords(gone).map((line) => `gone: ${line}`),
  ];
}

function withoutSum(line: string): string {
  return line.replace(/^text (.*) [0-9a-f]{64}$/, "text $1");
}

function changed(line: string): string {
  return `changed: ${withoutSum(line).replace(/^text /, "file ")}`;
}

/** A new file is named once, and a new folder without what is in it. */
function inFewWords(lines: readonly string[]): readonly string[] {
  const paths = lines.flatMap((line) => (line.startsWith("file ") ? [line.slice("file ".length)] : []));
  const isInside = (line: string): boolean =>
    line.startsWith("file ") && paths.some((path) => line.startsWith(`file ${path}/`));
  return lines.filter((line) => !line.startsWith("text ") && !isInside(line));
}

// Places that change by themselves: caches, logs of the system, apt's and systemd's own notes. Texts are compared below /etc only,
// but for the lists of users, which are compared as such.
const TRACES = `
dpkg-query -W -f '\${Package} \${db:Status-Status}\\n' | while read -r name state; do
  case $state in installed) echo "package $name" ;; not-installed) ;; *) echo "package $name ($state)" ;; esac
done
find / -xdev \\( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /var/tmp -o -path /var/cache \\
  -o -path /var/lib/apt -o -path /var/lib/dpkg -o -path /var/lib/systemd -o -path /var/lib/hotsite/.packages \\
  -o -path /var/log/journal -o -path /var/log/apt -o -path /var/log/private \\) -prune -o \\
  ! -path /var/lib/hotsite ! -path /var/lib/private ! -path '/var/log/[a-z]*log' ! -path '/var/log/?tmp' ! -path '/var/lib/ucf/hashfile.*' \\
  ! -path '/etc/*-' ! -path /etc/.pwd.lock ! -path '*.pyc' ! -name __pycache__ -printf 'file %p\\n'
find /etc -xdev -type f ! -path '/etc/*-' ! -path /etc/.pwd.lock ! -path /etc/ld.so.cache ! -path /etc/passwd ! -path /etc/group \\
  ! -path /etc/shadow ! -path /etc/gshadow ! -path '/etc/sub?id' -exec sha256sum {} + | sed -E 's/^([0-9a-f]{64})  (.*)$/text \\2 \\1/'
getent passwd | sed 's/^\\([^:]*\\):.*/user \\1/'
getent group | sed 's/^\\([^:]*\\):.*/group \\1/'
systemctl list-unit-files --no-legend --plain --type service,timer,socket,path,mount | awk '{ print "unit", $1 }' | grep -v '@'
systemctl list-units --failed --no-legend --plain | awk '{ print "failed unit", $1 }'
ss --no-header --listening --tcp --udp --numeric | awk '{ print "port", $1, $5 }'
ps -e -o comm= | sort -u | grep -vxE 'ps|sh|bash|sort|grep|awk|sed|find|sshd|sftp-server|systemd.*|\\(sd-pam\\)|dbus-daemon|agetty' | sed 's/^/process /'
exit 0`;
