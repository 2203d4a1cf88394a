// `npm run bench:install`: one stack on the same kind of machines, three ways in one run: a bare shell script per node (the limit), Hotsite, and
// Ansible. First install, then a second run that changes nothing. Machines are containers of this computer, new for each way; launching them is
// not measured. The last line with --json is one JSON object of ratios and seconds.
import { execFileSync, spawn } from "node:child_process";
import { once, setMaxListeners } from "node:events";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { setup } from "../../scripts/setup.mjs";
import { isStale } from "../../scripts/stale.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const here = fileURLToPath(new URL("./", import.meta.url));
const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    nodes: { type: "string", default: "1,5,20" },
    runs: { type: "string", default: "3" },
  },
});
const sizes = values.nodes.split(",").map(Number);
/** Small sizes are repeated and the median taken; the largest is run once. */
const runs = Number(values.runs);

await setup();
if (isStale()) await (await import("../../scripts/build.mjs")).buildAll();
ensureAnsible();
const { local } = await import(join(root, "dist/hotsite.js"));
const folder = await mkdtemp(join(tmpdir(), "hotsite-bench-"));
const key = join(folder, "key");
execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
const publicKey = execFileSync("ssh-keygen", ["-y", "-f", key], { encoding: "utf8" }).trim();
const driver = await local().open({ owner: "bench", sites: ["here"] });
const interrupted = new AbortController();
// One listener a machine.
setMaxListeners(0, interrupted.signal);
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => interrupted.abort());

const sshOptions = [
  "-i",
  key,
  "-o",
  "StrictHostKeyChecking=no",
  "-o",
  "UserKnownHostsFile=/dev/null",
  "-o",
  "LogLevel=ERROR",
];
const ways = { bare, hotsite, ansible };
const times = {};
try {
  for (const size of sizes) {
    for (let run = 1; run <= (size > 5 ? 1 : runs); run += 1) {
      for (const [name, way] of Object.entries(ways)) await measure(name, way, size, run);
    }
  }
} finally {
  await driver[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
}
const result = summary();
console.log(values.json ? JSON.stringify(result) : JSON.stringify(result, undefined, 2));

/** One way on machines of its own: first install, then again. */
async function measure(name, way, size, run) {
  const owner = `bench-${process.pid}-${name}-${size}-${run}`;
  try {
    const names = Array.from({ length: size }, (_, index) => `web-${index + 1}`);
    const machines = await Promise.all(
      names.map((node) => driver.launch(claimOf(owner, node), interrupted.signal)),
    );
    const { first, again, end } = await way(machines, owner);
    const seconds = { first: await timed(first), again: await timed(again) };
    await end?.();
    for (const [kind, value] of Object.entries(seconds))
      ((times[`${name} ${kind}`] ??= {})[size] ??= []).push(value);
    console.error(
      `${size} nodes, ${name}: first ${seconds.first.toFixed(2)} s, again ${seconds.again.toFixed(2)} s`,
    );
  } finally {
    const signal = AbortSignal.timeout(120_000);
    for (const { id } of await driver.list(owner, signal)) await driver.destroy(id, signal);
    await driver.sweep(owner, signal);
  }
}

function claimOf(owner, name) {
  return {
    id: `${owner}-${name}`,
    owner,
    site: "here",
    name,
    template: {},
    authorizedKey: publicKey,
    expose: [],
  };
}

async function bare(machines) {
  const archive = execFileSync("tar", ["-c", "-C", join(here, "stack"), "."]);
  const script = execFileSync("base64", ["-w0", join(here, "node.sh")], { encoding: "utf8" });
  const each = ({ ssh }) =>
    run(
      "ssh",
      [
        ...sshOptions,
        "-p",
        String(ssh.port),
        `root@${ssh.host}`,
        `echo ${script} | base64 -d >/root/node.sh; sh /root/node.sh`,
      ],
      archive,
    );
  const all = () => Promise.all(machines.map(each));
  return { first: all, again: all };
}

async function hotsite(machines, owner) {
  const project = join(folder, owner);
  await cp(here, project, { recursive: true });
  const hosts = machines.map(({ ssh }) => ({ host: ssh.host, port: ssh.port }));
  await writeFile(join(project, "hosts.json"), JSON.stringify({ hosts, key }));
  const cli = (...args) => run(process.execPath, [join(root, "bin/hotsite.js"), ...args], "", project);
  const install = () => cli("install");
  return { first: install, again: install, end: () => cli("uninstall", "--yes") };
}

async function ansible(machines, owner) {
  const inventory = join(folder, `${owner}.ini`);
  const lines = machines.map(
    ({ ssh }, index) => `node${index + 1} ansible_host=${ssh.host} ansible_port=${ssh.port}`,
  );
  await writeFile(inventory, `${lines.join("\n")}\n`);
  // Its fastest honest settings: pipelining, as many forks as nodes, no facts, one kept connection a node.
  const env = {
    ...{ ANSIBLE_PIPELINING: "True", ANSIBLE_FORKS: String(machines.length), ANSIBLE_GATHERING: "explicit" },
    ...{ ANSIBLE_SSH_ARGS: `-o ControlMaster=auto -o ControlPersist=60s ${sshOptions.join(" ")}` },
    ...{ ANSIBLE_SSH_CONTROL_PATH_DIR: join(folder, "cm"), ANSIBLE_PYTHON_INTERPRETER: "/usr/bin/python3" },
    ...{ ANSIBLE_RETRY_FILES_ENABLED: "False", ANSIBLE_NOCOWS: "1", ANSIBLE_LOCALHOST_WARNING: "False" },
  };
  const play = () =>
    run(
      "ansible-playbook",
      ["-i", inventory, "-u", "root", "--private-key", key, join(here, "playbook.yml")],
      "",
      here,
      env,
    );
  // The machines bring no Python, which Ansible alone needs: installed before the clock starts. What apt knows of packages is then again as
  // on the others' machines, where everything comes from the machine's own disk.
  const python = [
    "cp -a /var/lib/apt/lists /root/lists",
    "apt-get -q -y update",
    "DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends python3 python3-apt",
    "rm -r /var/lib/apt/lists && mv /root/lists /var/lib/apt/lists",
  ].join(" && ");
  const prepare = machines.map(({ ssh }) =>
    run("ssh", [...sshOptions, "-p", String(ssh.port), `root@${ssh.host}`, `(${python}) >/dev/null`]),
  );
  await Promise.all(prepare);
  return { first: play, again: play };
}

function summary() {
  const median = (name, size) => {
    const all = [...(times[name]?.[size] ?? [])].sort((a, b) => a - b);
    return all[Math.floor(all.length / 2)];
  };
  const ratio = (above, below, size) => round(median(above, size) / median(below, size));
  const result = { cores: execFileSync("nproc", { encoding: "utf8" }).trim() };
  for (const size of sizes) {
    result[`firstVsBare${size}`] = ratio("hotsite first", "bare first", size);
    result[`vsAnsibleFirst${size}`] = ratio("ansible first", "hotsite first", size);
    result[`vsAnsibleAgain${size}`] = ratio("ansible again", "hotsite again", size);
  }
  if (sizes.includes(20)) result.again20Seconds = round(median("hotsite again", 20));
  result.seconds = Object.fromEntries(
    Object.keys(times).map((name) => [
      name,
      Object.fromEntries(sizes.map((size) => [size, round(median(name, size))])),
    ]),
  );
  return result;
}

function round(number) {
  return Math.round(number * 100) / 100;
}

async function timed(work) {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

/** Rejects with the end of the program's output unless it exits with 0. */
async function run(program, args, input = "", cwd = here, env = {}) {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, signal: interrupted.signal });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => (output = `${output}${chunk}`.slice(-4000)));
  child.stdin.end(input);
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${program} exited with ${code}:\n${output}`);
}

function ensureAnsible() {
  try {
    execFileSync("ansible-playbook", ["--version"], { stdio: "ignore" });
  } catch {
    console.error("bench: installing ansible (apt-get)");
    execFileSync("apt-get", ["install", "-q", "-y", "--no-install-recommends", "ansible"], {
      stdio: ["ignore", 2, 2],
    });
  }
}
