import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { local } from "../../drivers/local/local.ts";
import { application } from "../../lifecycle/application.ts";
import type { CheckResult } from "../../lifecycle/recipe-contract/contract.ts";
import { exitCodes } from "../exit.ts";
import { loadRecipeTest } from "../recipe-module.ts";
import { duration } from "../time.ts";
import { contractReport } from "../outcomes/recipe-test.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = contractReport.extend({ passed: z.boolean() });

/** Holds a recipe against what every recipe promises, on a new local machine. */
export async function run(
  { operands, cwd, output }: Call,
  signal: AbortSignal,
): Promise<Outcome<typeof outcome>> {
  const { test, folder } = await loadRecipeTest(operands[0] ?? ".", cwd);
  const tried = application(`recipe-test-${randomBytes(3).toString("hex")}`, {
    sites: { east: { role: "primary", cloud: local() } },
    services: [...(test.needs ?? []), test.service],
  });
  const stateFolder = await mkdtemp(join(tmpdir(), "hotsite-recipe-test-"));
  const began = performance.now();
  try {
    const [{ openWorld }, { runContract }] = await Promise.all([
      import("../../lifecycle/world.ts"),
      import("../../lifecycle/recipe-contract/contract.ts"),
    ]);
    await using world = await openWorld({ application: tried, configFolder: folder, stateFolder });
    output.note(`${test.service.recipe.name}, on a new local machine`);
    const report = await runContract(world, test, (result) => output.note(lineOf(result)), signal);
    const broken = report.results.filter(({ result }) => result === "broken").length;
    const kept = report.results.filter(({ result }) => result === "kept").length;
    const keeps = Object.entries(report.keeps).map(([path, why]) => `  stays: ${path} (${why})`);
    const verdict = `${broken === 0 ? "PASSED" : "FAILED"}  ${kept} of ${report.results.length} promises kept`;
    const rest = report.results.length - kept - broken;
    const counts = [
      verdict,
      ...(broken > 0 ? [`${broken} broken`] : []),
      ...(rest > 0 ? [`${rest} not tried`] : []),
    ];
    return {
      text: [...keeps, `${counts.join(" · ")} · ${duration(performance.now() - began)}`].join("\n"),
      json: { passed: broken === 0, ...report },
      exitCode: broken === 0 ? exitCodes.ok : exitCodes.failed,
    };
  } finally {
    await rm(stateFolder, { recursive: true, force: true });
  }
}

function lineOf({ promise, result, seconds, why }: CheckResult): string {
  if (result === "not tried") return `  – ${promise}: ${why.join("; ")}`;
  const time = seconds < 0.1 ? "" : `  ${duration(seconds * 1000)}`;
  if (result === "kept") return `  ✔ ${promise}${time}`;
  const details = why.flatMap((line) => line.split("\n")).map((line) => `      ${line}`);
  return [`  ✖ ${promise}${time}`, ...details].join("\n");
}
