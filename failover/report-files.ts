import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DrillReport } from "./drill-report.ts";
import type { Facts } from "../lifecycle/facts.ts";
import { reportHtml } from "./report-html.ts";

/** Writes `<id>.json` and `<id>.html`; gives what the status line and the next report's chain need. */
export async function writeReport(
  folder: string,
  report: DrillReport,
): Promise<NonNullable<Facts["lastDrill"]>> {
  const json = `${JSON.stringify(report, null, 2)}\n`;
  const sha256 = createHash("sha256").update(json).digest("hex");
  const html = join(folder, `${report.id}.html`);
  await mkdir(folder, { recursive: true });
  // The list of lost transactions shows data of the application.
  await writeFile(join(folder, `${report.id}.json`), json, { mode: 0o600 });
  await writeFile(html, reportHtml(report, sha256), { mode: 0o600 });
  const { id, kind, endedMs: atMs, result, headline } = report;
  return { id, kind, atMs, result, headline, report: html, sha256 };
}
