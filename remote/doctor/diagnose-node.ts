import { minor, serious, type Diagnosis } from "./diagnosis.ts";
import type { NodeFacts, NodeNeeds } from "./facts.ts";

/** Less is not enough to install anything; less than ten times as much fills up soon. */
const fewestKb = 100 * 1024;
const fewestInodes = 1000;
/** A small service with its package manager beside it. */
const fewestMemoryKb = 64 * 1024;
/** Certificates fail from minutes on; times in logs and reports are misleading before. */
const mostClockMs = 60_000;
const mostUnnoticedClockMs = 2000;

/** What is wrong on a node that lets us in, and what is going to be; worst first. */
export function diagnoseNode(facts: NodeFacts, needs: NodeNeeds): readonly Diagnosis[] {
  const all = [
    ...rights(facts),
    ...startingUp(facts),
    ...disks(facts),
    ...memory(facts),
    ...clock(facts),
    ...packages(facts),
    ...ports(facts, needs),
  ];
  return [...all.filter((one) => one.serious), ...all.filter((one) => !one.serious)];
}

function rights({ uid, sudo }: NodeFacts): readonly Diagnosis[] {
  if (uid === 0 || sudo === "yes") return [];
  const problem =
    sudo === "absent"
      ? "its user is not root, and sudo is not installed"
      : "its user may not become root without a password";
  return [
    serious(
      "sudo",
      problem,
      "as root there: echo '<user> ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/hotsite; or log in as root",
    ),
  ];
}

function startingUp({ state }: NodeFacts): readonly Diagnosis[] {
  if (state === "starting" || state === "initializing")
    return [serious("system", "the machine is still starting", "wait a minute, then run the command again")];
  if (state === "stopping")
    return [
      serious("system", "the machine is shutting down", "wait until it is back, then run the command again"),
    ];
  if (state === "maintenance")
    return [
      serious(
        "system",
        "the machine is in rescue mode",
        "look at its console; systemctl default leaves that mode",
      ),
    ];
  return [];
}

function disks({ disks: all }: NodeFacts): readonly Diagnosis[] {
  // Several paths on one file system are one problem; the first path is the widest.
  const told = new Set<string>();
  return all.flatMap(({ path, freeKb, freeInodes, readOnly }) => {
    const same = `${freeKb} ${freeInodes} ${readOnly}`;
    if (told.has(same)) return [];
    told.add(same);
    const check = `disk ${path}`;
    if (readOnly)
      return [
        serious(check, "is mounted read-only", "look for disk errors (dmesg), then: mount -o remount,rw"),
      ];
    // A small /boot of its own takes no packages of ours.
    if (path === "/boot") return [];
    return [...space(check, path, freeKb), ...inodes(check, path, freeInodes)];
  });
}

function space(check: string, path: string, freeKb: number): readonly Diagnosis[] {
  const problem = `${megabytes(freeKb)} free`;
  const remedy = `make room: apt-get clean; journalctl --vacuum-size=100M; du -xh ${path} | sort -h | tail`;
  if (freeKb < fewestKb) return [serious(check, `is full: ${problem}`, remedy)];
  return freeKb < 10 * fewestKb ? [minor(check, `is nearly full: ${problem}`, remedy)] : [];
}

function inodes(check: string, path: string, free: number): readonly Diagnosis[] {
  if (free >= fewestInodes) return [];
  return [
    serious(
      check,
      `has no room for more files: ${free} inodes left, whatever df says of space`,
      `find the folder with the many files: du --inodes -x ${path} | sort -n | tail`,
    ),
  ];
}

function memory({ memory: { totalKb, availableKb }, outOfMemory }: NodeFacts): readonly Diagnosis[] {
  const free = `${megabytes(availableKb)} of ${megabytes(totalKb)} memory free`;
  const killed = `${outOfMemory} ${outOfMemory === 1 ? "program was" : "programs were"} ended for lack of memory since its start`;
  const remedy = "give the machine more memory, or its services less: heap, memory";
  if (availableKb < fewestMemoryKb) {
    return [serious("memory", outOfMemory === 0 ? free : `${free}; ${killed}`, remedy)];
  }
  return outOfMemory === 0
    ? []
    : [minor("memory", `${killed}; now ${free}`, `${remedy}; journalctl -k -g 'killed process' names them`)];
}

function clock({ clockAheadMs }: NodeFacts): readonly Diagnosis[] {
  const off = Math.abs(clockAheadMs);
  if (off <= mostUnnoticedClockMs) return [];
  const problem = `is ${span(off)} ${clockAheadMs > 0 ? "ahead of" : "behind"} this computer's`;
  const remedy = "turn time synchronisation on, on whichever is wrong: timedatectl set-ntp true";
  return off > mostClockMs
    ? [serious("clock", `${problem}: certificates and signed package lists are refused`, remedy)]
    : [minor("clock", problem, remedy)];
}

function packages({
  packageLock,
  halfInstalled,
  packages: wanted,
  archives,
}: NodeFacts): readonly Diagnosis[] {
  const missing = wanted.filter(({ state }) => state !== "installed");
  const unknown = missing.filter(({ state }) => state === "unknown").map(({ name }) => name);
  const deaf = archives.filter(({ state }) => state !== "answers");
  const found = [
    ...(packageLock === undefined
      ? []
      : [
          serious(
            "packages",
            `${packageLock.program} (pid ${packageLock.pid}) holds the package manager's lock`,
            "wait until it has ended (unattended upgrades take minutes after a start); if it hangs, end it",
          ),
        ]),
    ...(halfInstalled
      ? [
          minor(
            "packages",
            "an installation was cut off in the middle",
            "nothing to do: the next install mends it; by hand: dpkg --configure -a",
          ),
        ]
      : []),
    ...deaf.map(({ host, port, state }) => {
      const problem =
        state === "silent"
          ? `does not answer on port ${port} from there`
          : "is a name that the node cannot resolve";
      const remedy =
        "give the node a way to it: a route, DNS, a proxy (Acquire::http::Proxy); or a mirror in /etc/apt/sources.list.d";
      return { check: `package archive ${host}`, serious: missing.length > 0, problem, remedy };
    }),
  ];
  if (unknown.length === 0) return found;
  // Without an archive that answers it is not known whether there are any.
  const remedy =
    archives.length > 0 && deaf.length === archives.length
      ? "once an archive answers: apt-get update"
      : "apt-get update there; if that does not find them, the release has no such packages or its sources are incomplete";
  return [...found, serious("packages", `not known to the package manager: ${unknown.join(", ")}`, remedy)];
}

function ports({ ports: taken }: NodeFacts, { units }: NodeNeeds): readonly Diagnosis[] {
  return taken
    .filter(({ unit }) => !units.includes(unit) && !units.includes(unit.replace(/\.service$/, "")))
    .map(({ port, program, unit }) =>
      serious(
        `port ${port}`,
        `is taken by ${program}${unit === "" ? "" : ` (${unit})`}`,
        unit === ""
          ? `end ${program} there, or give the service another port`
          : `systemctl disable --now ${unit} there, or give the service another port`,
      ),
    );
}

function megabytes(kb: number): string {
  return kb < 10 * 1024 * 1024 ? `${Math.floor(kb / 1024)} MB` : `${Math.floor(kb / 1024 / 1024)} GB`;
}

function span(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
