import type { NodeReport } from "../remote/doctor/examine.ts";

/** The verdict first, then each node: what is wrong and what to do about it. */
export function doctorText(reports: readonly NodeReport[]): string {
  const ill = reports.filter(isIll).length;
  const nodes = reports.length === 1 ? "1 node" : `${reports.length} nodes`;
  const verdict =
    ill === 0 ? `${nodes}: nothing is in the way` : `${nodes}: something is in the way on ${ill}`;
  const sections = [...reports.filter(isIll), ...reports.filter((report) => !isIll(report))].map(section);
  return [verdict, ...sections].join("\n");
}

function section({ node, at, facts, diagnoses }: NodeReport): string {
  const mark = diagnoses.length === 0 ? "✔ " : "";
  // A host that was named by its login says it already.
  const title = [`${mark}${node}`, node.includes("@") ? "" : at, facts?.system]
    .filter((part) => part !== undefined && part !== "")
    .join("  ");
  const lines = diagnoses.flatMap(({ check, serious, problem, remedy }) => [
    `  ${serious ? "✖" : "!"} ${check}: ${problem}`,
    `    → ${remedy}`,
  ]);
  return [title, ...lines].join("\n");
}

function isIll({ diagnoses }: NodeReport): boolean {
  return diagnoses.some(({ serious }) => serious);
}
