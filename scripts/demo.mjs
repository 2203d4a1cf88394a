// `npm run demo`: the whole loop on this machine. Two sites and an edge come up, a visit is entered on the web page, the primary site is
// powered off under load, the visit is found again, the sites switch back, everything is removed. The last line is one JSON object.
// `npm run demo -- --log kafka`: the same with the log of the link in Kafka.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { setup } from "./setup.mjs";

const { values: options } = parseArgs({ options: { log: { type: "string", default: "embedded" } } });
const configs = { embedded: "hotsite.config.ts", kafka: "kafka.config.ts" };
const config = configs[options.log];
if (config === undefined) throw new Error(`--log is one of ${Object.keys(configs).join(", ")}`);
const root = fileURLToPath(new URL("../", import.meta.url));
const began = performance.now();
const stages = {};
const result = {
  ...{
    ok: false,
    seconds: 0,
    stages,
    rtoClientSeconds: null,
    writeGapSeconds: null,
    switchoverFailedRequests: null,
  },
  ...{
    switchoverLostTransactions: null,
    lostTransactions: null,
    lostByGtid: null,
    duplicatedTransactions: null,
  },
  ...{ rowsDiffering: null, report: null, left: [] },
};
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => interrupted.abort());

await stage("set-up", async () => {
  await setup();
  const { buildAll } = await import("./build.mjs");
  const { isStale } = await import("./stale.mjs");
  if (isStale()) await buildAll();
});
const { everythingOf } = await import("./left.mjs");
// The reports stay in drills/ below this folder; everything else goes at the end.
const folder = await mkdtemp(join(tmpdir(), "hotsite-demo-"));
await cp(join(root, "examples/petclinic"), folder, { recursive: true });

// Its name is unique to this folder, so that what others do here meanwhile is not taken for ours.
let owner;

try {
  ({ owner } = await hotsite("local", "ls"));
  await demo();
  result.ok = true;
} catch (error) {
  console.log(`✖ ${error.message}`);
} finally {
  await stage("uninstall", () => hotsite("uninstall", "--yes")).catch((error) => {
    result.ok = false;
    console.log(`✖ ${error.message}`);
  });
  if (result.report !== null) result.report = await keepReports();
  await rm(folder, { recursive: true, force: true });
  result.left = owner === undefined ? [] : await everythingOf(owner);
  result.ok &&= result.left.length === 0;
}
result.seconds = secondsSince(began);
console.log(JSON.stringify(result));
process.exitCode = result.ok ? 0 : 1;

async function demo() {
  await stage("install", () => hotsite("install"));
  // A WAN as between two cities; the sites are a few bridges apart otherwise.
  await hotsite("local", "wan", "east", "west", "--delay", "20ms", "--jitter", "1ms");
  const { url } = await hotsite("status");
  console.log(`  petclinic answers at ${url}`);
  const visit = `Check-up ${Date.now().toString(36)}`;
  await stage("visit entered on the web page", () => enterVisit(url, visit));
  await stage("visit in the standby's database", () => untilStored("west", visit));
  await stage("drill: primary site powered off", async () => {
    const { numbers, report } = await hotsite("drill", "--live", "site-power-off", "--yes");
    for (const name of [
      "rtoClientSeconds",
      "lostTransactions",
      "lostByGtid",
      "duplicatedTransactions",
      "rowsDiffering",
    ]) {
      result[name] = numbers[name];
    }
    result.report = report;
  });
  await stage("visit found through the same address", () => onPage(url, visit));
  await stage("switchover back", async () => {
    const { numbers } = await hotsite("drill", "--live", "switchover", "--yes");
    result.writeGapSeconds = numbers.writeGapSeconds;
    result.switchoverFailedRequests = numbers.switchoverFailedRequests;
    result.switchoverLostTransactions = numbers.switchoverLostTransactions;
    result.duplicatedTransactions += numbers.duplicatedTransactions;
    result.rowsDiffering += numbers.rowsDiffering;
  });
  await stage("visit still there", () => onPage(url, visit));
  const unmeasured = Object.keys(result).filter((name) => result[name] === null);
  if (unmeasured.length > 0) throw new Error(`not measured: ${unmeasured.join(", ")}`);
}

/** Fills in the form as a browser does. */
async function enterVisit(url, description) {
  const body = new URLSearchParams({ visit_date: new Date().toISOString().slice(0, 10), description });
  const answer = await fetch(new URL("/visits/new?petId=1", url), {
    method: "POST",
    body,
    redirect: "manual",
  });
  if (answer.status !== 303) throw new Error(`the form answered ${answer.status}`);
  await onPage(url, description);
}

async function onPage(url, description) {
  const page = await (await fetch(new URL("/owners/view?id=1", url))).text();
  if (!page.includes(description)) throw new Error(`the page does not show the visit "${description}"`);
}

async function untilStored(site, description) {
  const sql = `SELECT COUNT(*) FROM petclinic.visits WHERE description = '${description}'`;
  const deadline = Date.now() + 15_000;
  for (;;) {
    const count = await runHotsite(
      ["ssh", `${site}/db-1`, "--", "mariadb", "--skip-column-names", "--execute", sql],
      [],
    );
    if (count.trim() === "1") return;
    if (Date.now() > deadline) throw new Error(`the database of ${site} does not hold the visit`);
  }
}

/** Runs the command as a person would, shows what it shows, and gives its JSON. */
async function hotsite(...args) {
  const answer = JSON.parse(await runHotsite(args, ["--json"]));
  if (answer.ok !== true)
    throw new Error(`hotsite ${args[0]}: ${answer.error?.message ?? answer.headline ?? "failed"}`);
  return answer;
}

async function runHotsite(args, more) {
  const argv = [join(root, "bin/hotsite.js"), "--config", join(folder, config), ...more, ...args];
  const child = spawn(process.execPath, argv, {
    stdio: ["ignore", "pipe", "inherit"],
    signal: interrupted.signal,
    killSignal: "SIGINT",
  });
  const [output] = await Promise.all([text(child.stdout), once(child, "close")]);
  return output;
}

/** The drill reports outlive the demo's folder. Gives the path of the one that the result names. */
async function keepReports() {
  await cp(join(folder, "drills"), join(root, "drills"), { recursive: true });
  return join("drills", basename(result.report));
}

async function stage(name, work) {
  const start = performance.now();
  const value = await work();
  stages[name] = secondsSince(start);
  console.log(`✔ ${name}  ${stages[name].toFixed(1)} s`);
  return value;
}

function secondsSince(start) {
  return Math.round((performance.now() - start) / 100) / 10;
}
