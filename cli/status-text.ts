import { firstLine } from "./first-line.ts";
import type { Observed, State } from "../failover/state.ts";
import type { Found, SiteStatus, Status } from "../lifecycle/status.ts";
import type { RunRecord } from "../workflow/records.ts";
import { table } from "./table.ts";
import { ago } from "./time.ts";

/** What the displayed state is derived from. A part that did not answer is unknown, not bad. */
export function observedOf(
  status: Status,
  unfinished: Pick<RunRecord, "workflow" | "state"> | undefined,
  maxLagSeconds: number,
): Observed {
  const { facts, sites } = status;
  const link = sites.find(({ site }) => site === facts?.standbySite)?.link;
  return {
    operation: unfinished?.workflow,
    stuck: unfinished !== undefined && ["stuck", "unwind-failed"].includes(unfinished.state),
    authority: status.authority && valueOf(status.authority),
    link: link === undefined || "problem" in link ? undefined : (link.value ?? null),
    writable: sites.filter(({ database }) => database && valueOf(database)?.writable).map(({ site }) => site),
    silent: sites.filter(({ database }) => database && "problem" in database).map(({ site }) => site),
    maxLagSeconds,
  };
}

/** The verdict first, then each site. `door` is where people reach the application. */
export function statusText(status: Status, state: State, door: string | undefined, nowMs: number): string {
  const { facts } = status;
  const drill = facts?.lastDrill;
  const title = [
    ...(facts === undefined ? [] : [`primary ${facts.activeSite}`, `epoch ${facts.epoch}`]),
    ...(drill == null ? [] : [`last drill ${ago(drill.atMs, nowMs)}, ${drill.result} (${drill.headline})`]),
    ...(door === undefined ? [] : [door]),
  ].join(" · ");
  const why =
    state.reason === ""
      ? []
      : [`  ${state.reason}${state.next === undefined ? "" : `; next: ${state.next}`}`];
  const lines = [`${status.application}  ${state.name}  ${title}`.trimEnd(), ...why];
  if (status.sites.length > 0) lines.push(table(header, status.sites.map(rowOf)), ...problems(status));
  return lines.join("\n");
}

const header = ["SITE", "ROLE", "NODES", "DATABASE", "POSITION", "BEHIND"];

function rowOf({ site, role, nodes, running, database, link }: SiteStatus): readonly string[] {
  const state = database && valueOf(database);
  const doesAnswer = database === undefined ? "" : state === undefined ? "no answer" : undefined;
  return [
    site,
    role,
    `${valueOf(running) ?? "?"}/${nodes}`,
    doesAnswer ?? (state?.writable === true ? "writable" : "read-only"),
    state?.position ?? "",
    behind(link),
  ];
}

function behind(link: SiteStatus["link"]): string {
  const status = link && valueOf(link);
  if (status === undefined) return "";
  if (status.state !== "streaming") return status.state;
  const seconds = status.lagSeconds === undefined ? "" : ` · ${status.lagSeconds.toFixed(1)}s`;
  return `${status.behindTransactions ?? "?"} tx${seconds}`;
}

/** Who did not answer, and why. */
function problems({ authority, pool, sites }: Status): readonly string[] {
  const asked: readonly (readonly [string, Found<unknown> | undefined])[] = [
    ["witness", authority],
    ["balancer", pool],
    ...sites.flatMap(
      ({ site, running, database, link }) =>
        [
          [`${site} machines`, running],
          [`${site} database`, database],
          [`${site} gateway`, link],
        ] as const,
    ),
  ];
  return asked.flatMap(([name, answer]) =>
    answer !== undefined && "problem" in answer ? [`  ${name}: ${firstLine(answer.problem)}`] : [],
  );
}

function valueOf<T>(asked: Found<T>): T | undefined {
  return "value" in asked ? asked.value : undefined;
}
