import { describe, expect, test } from "@jest/globals";
import { diagnoseNode } from "../../remote/doctor/diagnose-node.ts";
import { diagnoseReach } from "../../remote/doctor/diagnose-reach.ts";
import type { Login, NodeFacts, NodeNeeds, ReachFacts } from "../../remote/doctor/facts.ts";
import { parseFacts } from "../../remote/doctor/node.ts";

const at = { host: "10.0.0.13", port: 22, user: "ops", lookup: { addresses: ["10.0.0.13"] } };
const open = { ...at, connection: "open", banner: "SSH-2.0-OpenSSH_9.2" };
const login = (login: Login): ReachFacts => ({ ...open, login });

describe("why a node cannot be reached", () => {
  test.each<[string, ReachFacts, string, string]>([
    [
      "a name that nobody knows",
      { ...at, host: "db-1.lan", lookup: { failure: "ENOTFOUND" } },
      "name: no name server knows db-1.lan",
      "correct the host, or add db-1.lan to DNS or /etc/hosts",
    ],
    [
      "no name server",
      { ...at, host: "db-1.lan", lookup: { failure: "EAI_AGAIN" } },
      "name: the name server does not answer (EAI_AGAIN), so the address of db-1.lan is unknown",
      "mend this computer's name resolution: /etc/resolv.conf; or write addresses instead of names",
    ],
    [
      "a closed port",
      { ...at, connection: "refused" },
      "port 22: 10.0.0.13 refuses connections to port 22: the machine is up, and nothing listens there",
      "start the SSH server there (systemctl start ssh), or name the port that it listens on",
    ],
    [
      "a filtered port",
      { ...at, connection: "silent" },
      "port 22: nothing comes back from 10.0.0.13 port 22: a firewall drops it, or the machine is off",
      "look whether it runs; then let port 22 through from here: its firewall, its security group, the network between",
    ],
    [
      "no such machine in a network that is reached",
      { ...at, connection: "EHOSTUNREACH" },
      "route: 10.0.0.13 is not there: its network is reached, and no machine has this address (EHOSTUNREACH)",
      "look whether it runs and whether this is still its address",
    ],
    [
      "no route",
      { ...at, connection: "ENETUNREACH" },
      "route: this computer has no route to 10.0.0.13 (ENETUNREACH)",
      "connect to that network: a VPN, an interface that is down, a missing route",
    ],
    [
      "anything else that the system says",
      { ...at, connection: "EACCES" },
      "route: connecting to 10.0.0.13 port 22 fails: EACCES",
      "look at this computer's network",
    ],
    [
      "a server that hangs",
      { ...at, connection: "open", banner: null },
      "port 22: 10.0.0.13 port 22 takes the connection and then says nothing: its SSH server hangs, or something in between answers for it",
      "look at the machine's load and console; restart its SSH server; check proxies and load balancers on the way",
    ],
    [
      "a server that hangs up",
      { ...at, connection: "open", banner: "" },
      "port 22: 10.0.0.13 port 22 hangs up at once: its SSH server is still starting, or takes no more from here",
      "wait until it has started; otherwise look at MaxStartups, /etc/hosts.deny and fail2ban on it",
    ],
    [
      "another server",
      { ...at, connection: "open", banner: "HTTP/1.1 400 Bad Request" },
      'port 22: what listens on 10.0.0.13 port 22 is no SSH server: it says "HTTP/1.1 400 Bad Request"',
      "name the port of its SSH server",
    ],
    [
      "a changed host key",
      login({ state: "key-changed", pinned: "SHA256:q1", now: "SHA256:Zk" }),
      "host key: 10.0.0.13 shows another host key: pinned SHA256:q1, now SHA256:Zk",
      "if the machine was reinstalled: hotsite trust east/web-2; if not, someone may be listening",
    ],
    [
      "a refused key",
      login({ state: "refused", tried: ["publickey"], allowed: ["publickey"], said: "" }),
      "login: 10.0.0.13 does not let ops in with our key: the key is not in its authorized_keys, there is no such user, or the account is locked",
      "put the public key into ~ops/.ssh/authorized_keys there (mode 600, folder 700), correct the user, or look at its account there, as root: passwd -S ops; chage -l ops",
    ],
    [
      "a refused password",
      login({ state: "refused", tried: ["password"], allowed: ["publickey", "password"], said: "" }),
      "login: 10.0.0.13 does not let ops in with our password: the password is wrong, there is no such user, or the account is locked",
      "correct the password, correct the user, or look at its account there, as root: passwd -S ops; chage -l ops",
    ],
    [
      "a password for a server that takes none, and says so",
      login({
        ...{ state: "refused", tried: ["publickey", "password"] },
        ...{ allowed: ["publickey"], said: "Keys only.\n" },
      }),
      "login: 10.0.0.13 does not let ops in with our key or our password: the key is not in its authorized_keys, it takes no passwords, there is no such user, or the account is locked; it says: Keys only.",
      "put the public key into ~ops/.ssh/authorized_keys there (mode 600, folder 700), give the config a key, since its sshd_config forbids passwords, correct the user, or look at its account there, as root: passwd -S ops; chage -l ops",
    ],
    [
      "a handshake that fails",
      login({ state: "failed", reason: "no matching key exchange algorithm" }),
      "login: the SSH server of 10.0.0.13 answers, and the login fails: no matching key exchange algorithm",
      "look at its journal: journalctl -u ssh",
    ],
  ])("%s", (_, facts, said, remedy) => {
    const diagnosis = diagnoseReach("east/web-2", facts);
    expect(diagnosis).toMatchObject({ serious: true, remedy });
    expect(`${diagnosis?.check ?? ""}: ${diagnosis?.problem ?? ""}`).toBe(said);
  });

  test("nothing, when it lets us in", () => {
    expect(diagnoseReach("east/web-2", login({ state: "accepted" }))).toBeUndefined();
  });
});

const wellKb = 50_000_000;
const disk = { path: "/", freeKb: wellKb, freeInodes: 1_000_000, readOnly: false };
const well: NodeFacts = {
  uid: 0,
  sudo: "yes",
  system: "Debian GNU/Linux 12 (bookworm)",
  state: "running",
  clockAheadMs: 0,
  memory: { totalKb: 4_000_000, availableKb: 2_000_000 },
  outOfMemory: 0,
  disks: [disk],
  halfInstalled: false,
  packages: [
    { name: "curl", state: "installed" },
    { name: "tomcat10", state: "available" },
  ],
  archives: [{ host: "deb.debian.org", port: 80, state: "answers" }],
  ports: [{ port: 8080, program: "java", unit: "tomcat10.service" }],
};
const needs: NodeNeeds = { packages: ["curl", "tomcat10"], ports: [8080], units: ["tomcat10"] };

describe("why a node cannot be installed", () => {
  test.each<[string, Partial<NodeFacts>, readonly unknown[]]>([
    ["nothing at all", {}, []],
    ["a user with sudo", { uid: 1000 }, []],
    [
      "a user who has to type a password for sudo",
      { uid: 1000, sudo: "password" },
      [
        "✖ sudo: its user may not become root without a password → as root there: echo '<user> ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/hotsite; or log in as root",
      ],
    ],
    [
      "a user without sudo",
      { uid: 1000, sudo: "absent" },
      [
        "✖ sudo: its user is not root, and sudo is not installed → as root there: echo '<user> ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/hotsite; or log in as root",
      ],
    ],
    [
      "a machine that starts",
      { state: "starting" },
      ["✖ system: the machine is still starting → wait a minute, then run the command again"],
    ],
    [
      "a machine that goes down",
      { state: "stopping" },
      ["✖ system: the machine is shutting down → wait until it is back, then run the command again"],
    ],
    [
      "rescue mode",
      { state: "maintenance" },
      ["✖ system: the machine is in rescue mode → look at its console; systemctl default leaves that mode"],
    ],
    [
      "a full disk, told once for all paths on it",
      {
        disks: [
          { ...disk, freeKb: 3 * 1024 },
          { ...disk, path: "/var", freeKb: 3 * 1024 },
        ],
      },
      [
        "✖ disk /: is full: 3 MB free → make room: apt-get clean; journalctl --vacuum-size=100M; du -xh / | sort -h | tail",
      ],
    ],
    [
      "a disk that is nearly full",
      { disks: [{ ...disk, freeKb: 500 * 1024 }] },
      [
        "! disk /: is nearly full: 500 MB free → make room: apt-get clean; journalctl --vacuum-size=100M; du -xh / | sort -h | tail",
      ],
    ],
    [
      "no inodes",
      { disks: [disk, { ...disk, path: "/var", freeInodes: 0 }] },
      [
        "✖ disk /var: has no room for more files: 0 inodes left, whatever df says of space → find the folder with the many files: du --inodes -x /var | sort -n | tail",
      ],
    ],
    [
      "a disk that is mounted read-only",
      { disks: [{ ...disk, readOnly: true }] },
      ["✖ disk /: is mounted read-only → look for disk errors (dmesg), then: mount -o remount,rw"],
    ],
    ["a small /boot", { disks: [disk, { ...disk, path: "/boot", freeKb: 10 }] }, []],
    [
      "no memory",
      { memory: { totalKb: 512 * 1024, availableKb: 20 * 1024 }, outOfMemory: 2 },
      [
        "✖ memory: 20 MB of 512 MB memory free; 2 programs were ended for lack of memory since its start → give the machine more memory, or its services less: heap, memory",
      ],
    ],
    [
      "memory that was short once",
      { outOfMemory: 1 },
      [
        "! memory: 1 program was ended for lack of memory since its start; now 1953 MB of 3906 MB memory free → give the machine more memory, or its services less: heap, memory; journalctl -k -g 'killed process' names them",
      ],
    ],
    [
      "a clock that is an hour behind",
      { clockAheadMs: -3_600_000 },
      [
        "✖ clock: is 60 min behind this computer's: certificates and signed package lists are refused → turn time synchronisation on, on whichever is wrong: timedatectl set-ntp true",
      ],
    ],
    [
      "a clock that is half a minute ahead",
      { clockAheadMs: 30_000 },
      [
        "! clock: is 30 s ahead of this computer's → turn time synchronisation on, on whichever is wrong: timedatectl set-ntp true",
      ],
    ],
    [
      "another package manager at work",
      { packageLock: { pid: 812, program: "unattended-upgr" } },
      [
        "✖ packages: unattended-upgr (pid 812) holds the package manager's lock → wait until it has ended (unattended upgrades take minutes after a start); if it hangs, end it",
      ],
    ],
    [
      "an installation that was cut off",
      { halfInstalled: true },
      [
        "! packages: an installation was cut off in the middle → nothing to do: the next install mends it; by hand: dpkg --configure -a",
      ],
    ],
    [
      "packages that nobody knows",
      { packages: [{ name: "tomcat10", state: "unknown" }] },
      [
        "✖ packages: not known to the package manager: tomcat10 → apt-get update there; if that does not find them, the release has no such packages or its sources are incomplete",
      ],
    ],
    [
      "an archive that does not answer, and a package that is needed from it",
      {
        archives: [{ host: "deb.debian.org", port: 80, state: "silent" }],
        packages: [{ name: "tomcat10", state: "unknown" }],
      },
      [
        "✖ package archive deb.debian.org: does not answer on port 80 from there → give the node a way to it: a route, DNS, a proxy (Acquire::http::Proxy); or a mirror in /etc/apt/sources.list.d",
        "✖ packages: not known to the package manager: tomcat10 → once an archive answers: apt-get update",
      ],
    ],
    [
      "an archive that cannot be resolved, while all is installed",
      { archives: [{ host: "deb.debian.org", port: 80, state: "unknown-name" }], packages: [] },
      [
        "! package archive deb.debian.org: is a name that the node cannot resolve → give the node a way to it: a route, DNS, a proxy (Acquire::http::Proxy); or a mirror in /etc/apt/sources.list.d",
      ],
    ],
    [
      "a port that something else has",
      {
        ports: [
          { port: 8080, program: "nginx", unit: "nginx.service" },
          { port: 8443, program: "python3", unit: "" },
        ],
      },
      [
        "✖ port 8080: is taken by nginx (nginx.service) → systemctl disable --now nginx.service there, or give the service another port",
        "✖ port 8443: is taken by python3 → end python3 there, or give the service another port",
      ],
    ],
    [
      "several things, worst first",
      { outOfMemory: 1, uid: 1000, sudo: "absent", clockAheadMs: 30_000 },
      [
        expect.stringMatching(/^✖ sudo/),
        expect.stringMatching(/^! memory/),
        expect.stringMatching(/^! clock/),
      ],
    ],
  ])("%s", (_, change, expected) => {
    const found = diagnoseNode({ ...well, ...change }, needs);
    expect(
      found.map(
        ({ serious, check, problem, remedy }) => `${serious ? "✖" : "!"} ${check}: ${problem} → ${remedy}`,
      ),
    ).toEqual(expected);
  });
});

describe("a node's answer", () => {
  const answer = (clock: number): string =>
    [
      "uid\t0",
      "sudo\tyes",
      "system\tDebian",
      "state\trunning",
      `clock\t${clock}`,
      "memory\t100\t50",
      "oom\t0",
      "half",
    ].join("\n");

  test("a clock that shows any time within the question is right", () => {
    const ahead = (clock: number): number =>
      parseFacts(answer(clock), { fromMs: 1000, toMs: 3000 }).clockAheadMs;
    expect([ahead(1000), ahead(3000), ahead(900), ahead(3600)]).toEqual([0, 0, -100, 600]);
  });

  test("an answer that lacks something is refused", () => {
    expect(() => parseFacts("uid\t0\n", { fromMs: 0, toMs: 0 })).toThrow("sudo");
  });
});
