import { systemClock } from "../../core/clock.ts";
import { script } from "../../core/command.ts";
import type { Shell } from "../../core/shell.ts";
import { nodeFacts, type NodeFacts, type NodeNeeds } from "./facts.ts";

/** Where Hotsite and the package manager write. */
const paths = ["/", "/etc", "/opt", "/srv", "/usr", "/var", "/var/cache/apt", "/var/lib", "/tmp", "/boot"];

/** Asks a node about itself, in one exchange. Changes nothing there. Throws what `shell.run` throws. */
export async function probeNode(shell: Shell, needs: NodeNeeds, signal: AbortSignal): Promise<NodeFacts> {
  const askedMs = systemClock.now();
  const packages = needs.packages.join(" ");
  const { stdout } = await shell.run(
    script(probeText, paths.join(" "), packages, needs.ports.join(" ")),
    signal,
  );
  return parseFacts(stdout, { fromMs: askedMs, toMs: systemClock.now() });
}

/** The node was asked some time between these two, by our clock. */
interface Asked {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Lines of tab-separated words, the first of which says what they are. */
export function parseFacts(text: string, asked: Asked): NodeFacts {
  const rows = text.split("\n").map((line) => line.split("\t"));
  const all = (kind: string): readonly (readonly string[])[] =>
    rows.filter(([first]) => first === kind).map((row) => row.slice(1));
  const one = (kind: string): readonly string[] => all(kind)[0] ?? [];
  const [lock] = all("lock");
  return nodeFacts.parse({
    uid: one("uid")[0],
    sudo: one("sudo")[0],
    system: one("system")[0] ?? "",
    state: one("state")[0] ?? "",
    clockAheadMs: aheadOf(asked, Number(one("clock")[0])),
    memory: { totalKb: one("memory")[0], availableKb: one("memory")[1] },
    outOfMemory: one("oom")[0],
    disks: all("disk").map(([path, freeKb, freeInodes, mode]) => ({
      ...{ path, freeKb, freeInodes },
      readOnly: mode === "ro",
    })),
    packageLock: lock && { pid: lock[0], program: lock[1] },
    halfInstalled: one("half")[0] === "yes",
    packages: all("package").map(([name, state]) => ({ name, state })),
    archives: all("archive").map(([host, port, state]) => ({ host, port, state })),
    ports: all("port").map(([port, program, unit]) => ({ port, program, unit })),
  });
}

/** What is certain: a clock that shows any time within the question is taken for right. */
function aheadOf({ fromMs, toMs }: Asked, shownMs: number): number {
  if (shownMs < fromMs) return shownMs - fromMs;
  return Math.max(0, shownMs - toMs);
}

const probeText = `# ask the node about itself
export LC_ALL=C
paths=$1 packages=$2 ports=$3
say() { printf '%s' "$1"; shift; printf '\\t%s' "$@"; echo; }

say uid "$(id -u)"
if [ "$(id -u)" = 0 ]; then say sudo yes
elif ! command -v sudo >/dev/null; then say sudo absent
elif sudo -n true 2>/dev/null; then say sudo yes
else say sudo password; fi
say system "$(. /etc/os-release 2>/dev/null; echo "$PRETTY_NAME")"
say state "$(systemctl is-system-running 2>/dev/null || :)"
say clock "$(date +%s%3N)"
# A container has a limit and a count of its own, in one place or, with cgroups of the first version, in another.
group=/sys/fs/cgroup
[ -f $group/memory.max ] || group=/sys/fs/cgroup/memory
of() { for name; do cat "$group/$name" 2>/dev/null && return; done; echo max; }
# What it holds of files counts as free: the kernel gives that up first.
files=$(of memory.stat | awk '{ sub(/^total_/, "") } /^(in)?active_file / && $2 > most[$1] { most[$1] = $2 } END { print most["inactive_file"] + most["active_file"] }')
set -- $(awk -v limit="$(of memory.max memory.limit_in_bytes)" -v used="$(of memory.current memory.usage_in_bytes)" -v files="$files" '
  $1 == "MemTotal:" { total = $2 }
  $1 == "MemAvailable:" { free = $2 }
  END {
    limited = limit != "max" && limit / 1024 < total
    if (limited) { total = int(limit / 1024); rest = int((limit - used + files) / 1024); if (rest < free) free = rest < 0 ? 0 : rest }
    print total, free, limited ? "limited" : ""
  }' /proc/meminfo)
say memory $1 $2
counts="$group/memory.events /proc/vmstat"
[ -z "$3" ] && ! systemd-detect-virt -q -c 2>/dev/null || counts="$group/memory.events $group/memory.oom_control"
say oom "$(cat $counts 2>/dev/null | awk '$1 == "oom_kill" { print $2; found = 1; exit } END { if (!found) print 0 }')"

for path in $paths; do
  [ -d "$path" ] || continue
  space=$(df -Pk "$path" | awk 'NR == 2 { print $4 }')
  # Some file systems count no inodes.
  inodes=$(df -Pi "$path" | awk 'NR == 2 { print ($2 + 0 == 0) ? 1000000 : $4 }')
  mode=rw
  awk -v at="$(df -P "$path" | awk 'NR == 2 { print $6 }')" '$2 == at { o = $4 } END { exit o !~ /^ro(,|$)/ }' /proc/mounts && mode=ro
  say disk "$path" "$space" "$inodes" $mode
done

# Without dpkg there is nothing to say about packages.
if command -v dpkg >/dev/null; then
  # The kernel tells who holds a lock that we would have to wait for.
  perl -MFcntl -e 'for my $file (@ARGV) {
      open(my $lock, "<", $file) or next;
      my $asked = pack("s s x![q] q q i x![q]", F_WRLCK, 0, 0, 0, 0);
      fcntl($lock, F_GETLK, $asked) or next;
      my ($type, $pid) = (unpack("s s x![q] q q i", $asked))[0, 4];
      next if $type == F_UNLCK;
      open(my $name, "<", "/proc/$pid/comm"); chomp(my $comm = <$name> // "a program");
      print "lock\t$pid\t$comm\n"; last;
    }' /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock 2>/dev/null
  [ -z "$(dpkg --audit 2>/dev/null)" ] || say half yes
  for name in $packages; do
    if [ "$(dpkg-query -W -f '\${db:Status-Status}' "$name" 2>/dev/null)" = installed ]; then say package "$name" installed
    elif apt-cache show "$name" >/dev/null 2>&1; then say package "$name" available
    else say package "$name" unknown; fi
  done
  apt-get indextargets --format '$(URI)' 2>/dev/null | sed -n 's,^\\(https*\\)://\\([^/]*\\)/.*,\\1 \\2,p' | sort -u | while read -r scheme place; do
    host=\${place##*@}
    case $host in *:*) port=\${host##*:} host=\${host%:*} ;; *) [ $scheme = https ] && port=443 || port=80 ;; esac
    if ! getent hosts "$host" >/dev/null; then say archive "$host" $port unknown-name
    elif timeout 4 bash -c ': <>"/dev/tcp/$0/$1"' "$host" $port 2>/dev/null; then say archive "$host" $port answers
    else say archive "$host" $port silent; fi
  done
fi

for port in $ports; do
  # In a container root may not see whose the socket of another user is; its control group it may. An old ss has no --cgroup.
  holder=$({ ss -Hltnp --cgroup "sport = :$port" || ss -Hltnp "sport = :$port"; } 2>/dev/null | head -n 1)
  [ -n "$holder" ] || continue
  pid=$(echo "$holder" | sed -n 's/.*pid=\\([0-9]*\\).*/\\1/p')
  unit=$(echo "$holder" | sed -n 's,.*cgroup:[^ ]*/\\([^/ ]*\\.service\\).*,\\1,p')
  [ -n "$unit" ] || unit=$(sed -n 's,.*/\\([^/]*\\.service\\)\\(/.*\\)*$,\\1,p' "/proc/$pid/cgroup" 2>/dev/null | tail -n 1)
  [ -n "$pid" ] || pid=$(systemctl show --property MainPID --value "$unit" 2>/dev/null)
  say port $port "$(cat "/proc/$pid/comm" 2>/dev/null || echo "a program")" "$unit"
done`;
