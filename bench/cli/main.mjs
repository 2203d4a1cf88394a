// `npm run bench:cli`: how long a command line takes to start, beside others of the field in the same run: the AWS CDK and Serverless, which are
// Node programs from npm as well, and Node itself with nothing to do, which is the limit. Then `status` of an installed application of one
// machine, a container of this computer. The last line with --json is one JSON object of medians in milliseconds and their ratios.
import { execFileSync, spawnSync } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { setup } from "../../scripts/setup.mjs";
import { isStale } from "../../scripts/stale.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const here = fileURLToPath(new URL("./", import.meta.url));
const { values } = parseArgs({
  options: { json: { type: "boolean", default: false }, runs: { type: "string", default: "15" } },
});
const runs = Number(values.runs);
/** What somebody at a terminal does not notice, and does not mind. */
const goals = { versionMs: 150, statusMs: 400 };
const peers = {
  cdk: { install: "aws-cdk@2.1148.1", file: "aws-cdk/bin/cdk" },
  serverless: { install: "serverless@3.40.0", file: "serverless/bin/serverless.js" },
};

await setup();
if (isStale()) await (await import("../../scripts/build.mjs")).buildAll();
const folder = await mkdtemp(join(tmpdir(), "hotsite-bench-cli-"));
const cli = join(root, "bin/hotsite.js");
const project = join(folder, "small");
let installed = false;
let result;
try {
  await cp(here, project, { recursive: true });
  fetchPeers();
  const starts = measure({
    node: ["-e", "0"],
    hotsite: [cli, "--version"],
    hotsiteHelp: [cli, "--help"],
    ...mapped(peers, ({ file }) => [join(folder, "node_modules", file), "--version"]),
  });
  installed = true;
  hotsite("install");
  const work = measure({ status: [cli, "status"], installAgain: [cli, "install"] });
  result = summary(starts, work);
} finally {
  if (installed) hotsite("uninstall", "--yes");
  await rm(folder, { recursive: true, force: true });
}
console.log(values.json ? JSON.stringify(result) : JSON.stringify(result, undefined, 2));

function fetchPeers() {
  const names = Object.values(peers).map(({ install }) => install);
  const quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  execFileSync("npm", ["install", ...quiet, "--prefix", folder, ...names], { stdio: ["ignore", 2, 2] });
}

function hotsite(...args) {
  execFileSync(process.execPath, [cli, ...args], { cwd: project, stdio: "ignore" });
}

/** The median of each in milliseconds. They take turns, so that whatever else this computer does slows all of them. */
function measure(commands) {
  const times = mapped(commands, () => []);
  for (let run = 0; run <= runs; run += 1) {
    for (const [name, args] of Object.entries(commands)) {
      const ms = timed(args);
      // The first time fills caches.
      if (run > 0) times[name].push(ms);
    }
  }
  return mapped(times, median);
}

function timed(args) {
  const began = performance.now();
  const env = { ...process.env, SLS_TRACKING_DISABLED: "1", CDK_DISABLE_CLI_TELEMETRY: "1" };
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: project, env });
  if (status !== 0) throw new Error(`${args.join(" ")} exited with ${status}: ${stderr}`);
  return performance.now() - began;
}

function summary(starts, work) {
  const ratio = (other) => round(starts[other] / starts.hotsite);
  return {
    cores: execFileSync("nproc", { encoding: "utf8" }).trim(),
    versionMs: Math.round(starts.hotsite),
    statusMs: Math.round(work.status),
    reached: { versionMs: starts.hotsite <= goals.versionMs, statusMs: work.status <= goals.statusMs },
    versionVsNode: round(starts.hotsite / starts.node),
    ...Object.fromEntries(Object.keys(peers).map((name) => [`${name}VsVersion`, ratio(name)])),
    ms: mapped({ ...starts, ...work }, Math.round),
  };
}

function mapped(object, change) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}

function median(all) {
  return all.sort((a, b) => a - b)[Math.floor(all.length / 2)];
}

function round(number) {
  return Math.round(number * 100) / 100;
}
