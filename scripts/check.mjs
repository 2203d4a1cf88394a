// `npm run check`: format, lint, types, and the unit tests (import direction is one of them). Prints each with its time.
import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { countTests, unitReport } from "./jest-counts.mjs";
import { ensureDependencies } from "./setup.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const cache = "node_modules/.cache/hotsite";
const bin = (name, ...args) => [process.execPath, `node_modules/${name}`, ...args];

const checks = {
  format: bin(
    "prettier/bin/prettier.cjs",
    ...["--check", ".", "--log-level", "warn", "--cache", "--cache-location", `${cache}/prettier`],
  ),
  // A compiler makes much that soon dies: with more room for it the collector runs less.
  "types and lint": [process.execPath, "--max-semi-space-size=128", "scripts/lint.mjs"],
  "unit tests": [
    process.execPath,
    "scripts/jest.mjs",
    ...["--selectProjects", "unit", "--silent", "--json", `--outputFile=${unitReport}`],
  ],
};

/** Runs all of them, whatever fails, and tells whether everything passed. */
export async function check() {
  await mkdir(`${root}${cache}`, { recursive: true });
  // Two at a time: lint and tests are the long ones, and two cores are what a small CI machine has.
  const lanes = [["types and lint"], ["unit tests", "format"]];
  const passed = await Promise.all(lanes.map(runLane));
  return passed.every(Boolean);
}

async function runLane(names) {
  let passed = true;
  for (const name of names) passed = (await runCheck(name)) && passed;
  return passed;
}

async function runCheck(name) {
  const began = performance.now();
  const [program, ...args] = checks[name];
  const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => output.push(piece));
  const code = await new Promise((resolve) => {
    child.once("error", () => resolve(1));
    child.once("close", resolve);
  });
  if (code !== 0) process.stdout.write(Buffer.concat(output));
  const count = name === "unit tests" ? ` (${countTests([unitReport]).text})` : "";
  console.log(
    `${code === 0 ? "✔" : "✖"} ${name}${count}  ${((performance.now() - began) / 1000).toFixed(1)} s`,
  );
  return code === 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ensureDependencies();
  process.exitCode = (await check()) ? 0 : 1;
}
