import type { Protection } from "../core/application.ts";
import type { DrillKind, DrillReport, Measured, Numbers, Objective, Outcome } from "./drill-report.ts";

/** Each objective beside what was measured. What was not measured is neither met nor missed. Pure. */
export function objectivesOf(
  kind: DrillKind,
  numbers: Numbers,
  { maxLossTransactions, maxOutageSeconds }: Protection,
): readonly Objective[] {
  const outage =
    kind === "site-power-off"
      ? [atMost("Outage seen by a client", numbers.rtoClientSeconds, maxOutageSeconds, seconds)]
      : [
          atMost("Requests that failed", numbers.switchoverFailedRequests, 0, plain),
          atMost("Write gap", numbers.writeGapSeconds, maxOutageSeconds, seconds),
        ];
  // A planned change promises zero, whatever an outage may cost.
  const lossAllowed = kind === "switchover" ? 0 : maxLossTransactions;
  const loss = atMost("Confirmed transactions lost", numbers.lostTransactions, lossAllowed, plain);
  const counted =
    kind === "site-power-off"
      ? [atMost("Lost, by the databases’ own positions", numbers.lostByGtid, lossAllowed, plain)]
      : [];
  return [
    ...outage,
    loss,
    ...counted,
    atMost("Transactions applied twice", numbers.duplicatedTransactions, 0, plain),
    atMost("Rows differing between the sites", numbers.rowsDiffering, 0, plain),
  ];
}

function atMost(name: string, measured: Measured, limit: number, show: (value: number) => string): Objective {
  const outcome: Outcome = measured === null ? "not measured" : measured <= limit ? "pass" : "fail";
  return {
    name,
    objective: limit === 0 ? "0" : `at most ${show(limit)}`,
    measured: measured === null ? "not measured" : show(measured),
    outcome,
  };
}

const seconds = (value: number) => `${value < 10 ? value.toFixed(2) : value.toFixed(1)} s`;
const plain = (value: number) => String(value);

/** The verdict on the drill: passed only when every objective was measured and met, and nothing went wrong on the way. Pure. */
export function headlineOf(
  kind: DrillKind,
  numbers: Numbers,
  objectives: readonly Objective[],
  problems: readonly string[],
): Pick<DrillReport, "result" | "headline"> {
  const missed = objectives.filter(({ outcome }) => outcome === "fail");
  const open = objectives.filter(({ outcome }) => outcome === "not measured");
  const facts = kind === "site-power-off" ? powerOffFacts(numbers) : switchoverFacts(numbers);
  if (problems.length > 0) return { result: "failed", headline: `${problems[0] ?? ""} · ${facts}` };
  if (missed.length > 0)
    return {
      result: "failed",
      headline: `${missed.map(({ name }) => name.toLowerCase()).join(", ")} over the objective · ${facts}`,
    };
  return { result: open.length > 0 ? "not measured" : "passed", headline: facts };
}

function powerOffFacts({ rtoClientSeconds, lostTransactions, rowsDiffering }: Numbers): string {
  return [
    `outage ${shown(rtoClientSeconds, seconds)}`,
    `lost ${shown(lostTransactions, plain)}`,
    `rows differing ${shown(rowsDiffering, plain)}`,
  ].join(" · ");
}

function switchoverFacts({
  writeGapSeconds,
  switchoverFailedRequests,
  switchoverLostTransactions,
}: Numbers): string {
  return [
    `write gap ${shown(writeGapSeconds, seconds)}`,
    `failed requests ${shown(switchoverFailedRequests, plain)}`,
    `lost ${shown(switchoverLostTransactions, plain)}`,
  ].join(" · ");
}

function shown(value: Measured, show: (value: number) => string): string {
  return value === null ? "not measured" : show(value);
}
