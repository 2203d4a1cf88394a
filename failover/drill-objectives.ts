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

interface Judged {
  readonly kind: DrillKind;
  readonly numbers: Numbers;
  readonly objectives: readonly Objective[];
  readonly protection: Protection;
  readonly problems: readonly string[];
}

/** The verdict on the drill: passed only when every objective was measured and met, and nothing went wrong on the way. Pure. */
export function headlineOf(judged: Judged): Pick<DrillReport, "result" | "headline"> {
  const { kind, numbers, objectives, protection, problems } = judged;
  const [problem] = problems;
  if (problem !== undefined) return { result: "failed", headline: problem };
  const facts = kind === "site-power-off" ? powerOffFacts(numbers, protection) : switchoverFacts(numbers);
  const missed = objectives.filter(({ outcome }) => outcome === "fail").map(({ name }) => name.toLowerCase());
  if (missed.length > 0) return { result: "failed", headline: `${facts} · missed: ${missed.join(", ")}` };
  const open = objectives.some(({ outcome }) => outcome === "not measured");
  return { result: open ? "not measured" : "passed", headline: facts };
}

function powerOffFacts(numbers: Numbers, { maxOutageSeconds, maxLossTransactions }: Protection): string {
  const { rtoClientSeconds, lostTransactions } = numbers;
  return [
    `outage ${shown(rtoClientSeconds, seconds)} of ${maxOutageSeconds} s`,
    `lost ${shown(lostTransactions, plain)} of ${maxLossTransactions} allowed`,
    rowsOf(numbers),
  ].join(" · ");
}

function switchoverFacts(numbers: Numbers): string {
  const { writeGapSeconds, switchoverFailedRequests, switchoverLostTransactions } = numbers;
  return [
    `write gap ${shown(writeGapSeconds, seconds)}`,
    `failed requests ${shown(switchoverFailedRequests, plain)}`,
    `lost ${shown(switchoverLostTransactions, plain)}`,
    rowsOf(numbers),
  ].join(" · ");
}

function rowsOf({ rowsDiffering, rowsCompared }: Numbers): string {
  return rowsDiffering === null
    ? "rows not compared"
    : `rows differing ${rowsDiffering} of ${rowsCompared ?? 0}`;
}

function shown(value: Measured, show: (value: number) => string): string {
  return value === null ? "not measured" : show(value);
}
