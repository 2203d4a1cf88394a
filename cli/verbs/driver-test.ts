import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { HotsiteError, messageOf } from "../../core/errors.ts";
import { runCase, type DriverCase } from "../../drivers/kit/bench.ts";
import { driverCases } from "../../drivers/kit/conformance.ts";
import { isDriverTest, type DriverTest } from "../../drivers/kit/driver-test.ts";
import type { DriverLab } from "../../drivers/kit/lab.ts";
import { connectTo } from "../../remote/machine.ts";
import { openShell } from "../../remote/ssh.ts";
import { exitCodes } from "../exit.ts";
import { findModule } from "../find-module.ts";
import { importModule } from "../module.ts";
import { exactly } from "../outcomes/exactly.ts";
import { duration } from "../time.ts";
import type { Call, Outcome } from "../verb.ts";

interface Result {
  readonly title: string;
  readonly result: "passed" | "failed" | "skipped";
  readonly seconds: number;
  /** Why it failed, or was left out. */
  readonly why?: string;
}

const result = exactly<Result>()(
  z.strictObject({
    title: z.string(),
    result: z.enum(["passed", "failed", "skipped"]),
    seconds: z.number(),
    why: z.string().optional().describe("why it failed, or was left out"),
  }),
);

/** What `--json` prints. */
export const outcome = z.strictObject({
  driver: z.string(),
  passed: z.int(),
  failed: z.int(),
  skipped: z.int(),
  cases: z.array(result),
});

/** Holds a driver against what every driver promises, with real machines of its cloud. */
export async function run(
  { operands, options, cwd, output }: Call,
  signal: AbortSignal,
): Promise<Outcome<typeof outcome>> {
  const path = findModule(operands[0] ?? ".", cwd, {
    names: ["driver.test.ts", "driver.test.js"],
    hint: "`hotsite driver new` writes one",
  });
  const test = testIn(await importModule(path), path);
  const cases = casesNamed(options.only);
  const stateFolder = await mkdtemp(join(tmpdir(), "hotsite-driver-test-"));
  try {
    const lab = labOf(test, { configFolder: dirname(path), stateFolder });
    const results: Result[] = [];
    for (const one of cases) {
      const result = await tried(lab, one, signal);
      results.push(result);
      output.note(lineOf(result));
    }
    return outcomeOf(test.cloud.kind, results);
  } finally {
    await rm(stateFolder, { recursive: true, force: true });
  }
}

function casesNamed(only = ""): readonly DriverCase[] {
  const found = driverCases.filter(({ title }) => title.includes(only));
  if (found.length > 0) return found;
  throw new HotsiteError("usage", `no case has "${only}" in its title`, {
    hint: `cases: ${driverCases.map(({ title }) => title).join(" | ")}`,
  });
}

function testIn(exports: unknown, path: string): DriverTest {
  const test: unknown =
    typeof exports === "object" && exports !== null && "default" in exports ? exports.default : undefined;
  if (isDriverTest(test)) return test;
  throw new HotsiteError("config", `${path} does not export a driver's test by default`, {
    hint: "end the file with `export default driverTest({ cloud: … })`; `hotsite driver new` writes one",
  });
}

function labOf(
  { cloud, sites = ["east", "west"], leftovers, ...refused }: DriverTest,
  folders: { readonly configFolder: string; readonly stateFolder: string },
): DriverLab {
  const open: DriverLab["open"] = () => cloud.open({ owner: "driver-test", sites, ...folders, openShell });
  const listed = async (owner: string): Promise<readonly string[]> => {
    await using driver = await open();
    const machines = await driver.list(owner, AbortSignal.timeout(60_000));
    return machines.map(({ site, name }) => `${site}/${name}`);
  };
  return { open, sites, template: cloud.template, leftovers: leftovers ?? listed, ...refused };
}

async function tried(lab: DriverLab, one: DriverCase, signal: AbortSignal): Promise<Result> {
  const began = performance.now();
  const { title } = one;
  const seconds = (): number => (performance.now() - began) / 1000;
  try {
    const why = await runCase(lab, one, connectTo, signal);
    if (why !== undefined) return { title, result: "skipped", seconds: seconds(), why };
    return { title, result: "passed", seconds: seconds() };
  } catch (error) {
    signal.throwIfAborted();
    return { title, result: "failed", seconds: seconds(), why: messageOf(error) };
  }
}

function lineOf({ title, result, seconds, why }: Result): string {
  if (result === "skipped") return `  – ${title}: ${why ?? ""}`;
  if (result === "passed") return `  ✔ ${title}  ${duration(seconds * 1000)}`;
  const details = (why ?? "").split("\n").map((line) => `      ${line}`);
  return [`  ✖ ${title}  ${duration(seconds * 1000)}`, ...details].join("\n");
}

function outcomeOf(driver: string, cases: readonly Result[]): Outcome<typeof outcome> {
  const count = (wanted: Result["result"]): number => cases.filter(({ result }) => result === wanted).length;
  const [passed, failed, skipped] = [count("passed"), count("failed"), count("skipped")];
  const rest = skipped === 0 ? "" : ` · ${skipped} left out`;
  return {
    text: `${failed === 0 ? "PASSED" : "FAILED"}  ${driver}: ${passed} of ${cases.length} cases${rest}`,
    json: { driver, passed, failed, skipped, cases },
    exitCode: failed === 0 ? exitCodes.ok : exitCodes.failed,
  };
}
