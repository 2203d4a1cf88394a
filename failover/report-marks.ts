import type { DrillReport, Outcome } from "./drill-report.ts";
import { html, type Html } from "./html.ts";

const words = {
  passed: "Passed",
  failed: "Failed",
  pass: "✔ pass",
  fail: "✖ fail",
  "not measured": "– not measured",
} as const;

/** The drill's result as a word, whose colour only repeats it. */
export function resultMark(result: DrillReport["result"]): Html {
  return html`<span class="mark ${classOf(result)}"
    >${result === "not measured" ? "Not measured" : words[result]}</span
  >`;
}

/** The result of one objective. */
export function outcomeMark(outcome: Outcome): Html {
  return html`<span class="mark ${classOf(outcome)}">${words[outcome]}</span>`;
}

function classOf(result: DrillReport["result"] | Outcome): string {
  if (result === "passed" || result === "pass") return "good";
  return result === "not measured" ? "open" : "bad";
}
