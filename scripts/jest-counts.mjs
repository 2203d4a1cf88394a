// What jest's JSON reports say, added up.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const cache = fileURLToPath(new URL("../node_modules/.cache/hotsite/", import.meta.url));

export const unitReport = `${cache}unit.json`;
export const servicesReport = `${cache}services.json`;

/** Adds up reports. A test file that could not run at all counts as one failure, and so does a missing report. */
export function countTests(reports) {
  const counts = { passed: 0, failed: 0 };
  for (const path of reports) {
    const report = existsSync(path)
      ? JSON.parse(readFileSync(path, "utf8"))
      : { numRuntimeErrorTestSuites: 1 };
    counts.passed += report.numPassedTests ?? 0;
    counts.failed += (report.numFailedTests ?? 0) + (report.numRuntimeErrorTestSuites ?? 0);
  }
  return { ...counts, text: `${counts.passed} passed, ${counts.failed} failed` };
}
