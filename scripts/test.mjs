// `npm test`: sets the machine up, builds, checks, then runs the tests that need real processes, servers and machines.
// `--soak` adds the long suite. The last line says how many tests passed and failed.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { countTests, servicesReport, unitReport } from "./jest-counts.mjs";
import { ensureTestPrograms } from "./packages.mjs";
import { setup } from "./setup.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const reports = [unitReport, servicesReport];
const projects = [
  ...["process", "mysql", "kafka", "web", "machine"],
  ...(process.argv.includes("--soak") ? ["soak"] : []),
];

for (const report of reports) rmSync(report, { force: true });
const problems = [
  await attempt("setup", async () => {
    await setup();
    ensureTestPrograms();
  }),
  await attempt("build", build),
  await attempt("check", check),
];
if (problems[0] === undefined) problems.push(await attempt("tests with real servers and machines", services));

const counts = countTests(reports);
for (const problem of problems.filter((text) => text !== undefined)) console.log(`✖ ${problem}`);
console.log(counts.text);
process.exitCode = counts.failed === 0 && problems.every((text) => text === undefined) ? 0 : 1;

async function attempt(name, work) {
  const began = performance.now();
  const problem = await work().then(
    () => undefined,
    (error) => `${name}: ${error.message}`,
  );
  if (problem === undefined) console.log(`✔ ${name}  ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return problem;
}

// Imported late: both need what `setup` installs.
async function build() {
  const { buildAll } = await import("./build.mjs");
  await buildAll({ clean: true });
}

async function check() {
  const { check: runChecks } = await import("./check.mjs");
  if (!(await runChecks())) throw new Error("see above");
}

async function services() {
  const { status } = spawnSync(
    process.execPath,
    [
      "scripts/jest.mjs",
      ...["--selectProjects", ...projects],
      // One more than the cores of a small CI machine: machines that start and servers that are waited for leave them idle.
      ...["--maxWorkers=3", "--json", `--outputFile=${servicesReport}`],
    ],
    // The JSON would go to standard output as well.
    { cwd: root, stdio: ["ignore", "ignore", "inherit"] },
  );
  if (status !== 0) throw new Error(`exit ${status}`);
}
