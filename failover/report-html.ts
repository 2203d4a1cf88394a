import type { DrillReport, Measured } from "./drill-report.ts";
import { html, list, raw, table, type Html } from "./html.ts";
import type { Outage } from "./measure.ts";
import { outcomeMark, resultMark } from "./report-marks.ts";
import { availabilityStrip } from "./report-strip.ts";
import { reportStyle } from "./report-style.ts";

/** A drill's report as one page that needs nothing else: no script, no font, no picture from elsewhere. Pure. */
export function reportHtml(report: DrillReport, jsonSha256: string): string {
  const title = `${report.application}: drill ${report.kind}, ${day(report.startedMs)}`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${raw(reportStyle)}
        </style>
      </head>
      <body>
        <main>
          ${header(report)} ${objectives(report)} ${availability(report)} ${timeline(report)} ${loss(report)}
          ${rows(report)} ${decision(report)} ${steps(report)} ${provenance(report, jsonSha256)}
        </main>
      </body>
    </html> `.text;
}

function header(report: DrillReport): Html {
  const { kind, site, application, problems } = report;
  return html`<header>
    <p class="kicker">
      ${application} · drill: ${kind === "switchover" ? `switchover from ${site}` : `power off ${site}`} ·
      ${moment(report.startedMs)}
    </p>
    <h1>${resultMark(report.result)} · ${report.headline}</h1>
    ${
      problems.length === 0
        ? ""
        : html`<div class="problem">
            <h2>What went wrong</h2>
            ${list(problems)}
          </div>`
    }
  </header>`;
}

function objectives({ objectives: all }: DrillReport): Html {
  const lines = all.map(({ name, objective, measured, outcome }) => [
    name,
    objective,
    measured,
    outcomeMark(outcome),
  ]);
  return section("Objectives", table(["Objective", "Allowed", "Measured", "Result"], lines));
}

function availability(report: DrillReport): Html {
  const { client } = report;
  const failures = Object.entries(client.failures).map(([outcome, count]) => `${count} × ${outcome}`);
  const { latency, outage } = client;
  const facts: [string, string][] = [
    [
      "Requests",
      `${client.requests}, ${client.perSecond} a second, ${client.failed} failed${failures.length === 0 ? "" : ` (${failures.join(", ")})`}`,
    ],
    ["Outage", outage === null ? "no request failed" : outageText(outage)],
    ["Failed afterwards", measured(client.failedAfterStable)],
    [
      "Good answers",
      latency === null
        ? "none"
        : `half within ${latency.p50Ms} ms, 99 % within ${latency.p99Ms} ms, longest ${latency.maxMs} ms`,
    ],
    [
      "Ledger",
      `${report.ledger.confirmed} of ${report.ledger.attempted} writes confirmed; longest time between two ${report.ledger.longestGapSeconds === null ? "not measured" : seconds(report.ledger.longestGapSeconds)}`,
    ],
  ];
  return section("What a client saw", html`${availabilityStrip(report)}${definitions(facts)}`);
}

function outageText({ failed, seconds: length }: Outage): string {
  const end =
    length === undefined
      ? "no row of ten good answers followed"
      : `${seconds(length)} from the last good answer to a row of ten`;
  return `${failed} requests failed; ${end}`;
}

function timeline({ timeline: events, faultMs, startedMs }: DrillReport): Html {
  const zero = faultMs ?? startedMs;
  const lines = events.map(({ label, atMs }) => [offset(atMs - zero), label, clock(atMs)]);
  return section(
    "Timeline",
    lines.length === 0
      ? html`<p>Nothing happened.</p>`
      : table(["", "Event", "Time (UTC)"], lines, "offsets"),
  );
}

function loss(report: DrillReport): Html {
  const { ledger, loss: found, numbers, kind } = report;
  const summary: [string, string][] = [
    [
      "By the ledger",
      numbers.lostTransactions === null
        ? "not measured"
        : `${numbers.lostTransactions} confirmed writes are missing on the primary${numbers.lossSpanSeconds === null || numbers.lossSpanSeconds === 0 ? "" : `, confirmed within ${seconds(numbers.lossSpanSeconds)}`}`,
    ],
    ["Not confirmed, yet there", measured(ledger.committedUnconfirmed)],
    ["There, written by nobody", measured(ledger.unknown)],
  ];
  if (kind === "site-power-off") summary.splice(1, 0, ["By positions", byPositions(report)]);
  const lost = found?.transactions.filter(({ internal }) => !internal) ?? [];
  const lines = lost.map(({ gtid, xid, committedMs, tables, changes }) => [
    xid === undefined ? gtid : `${gtid}, prepared as ${xid}`,
    clock(committedMs),
    tables.join(", "),
    changes.join("; "),
  ]);
  return section(
    "Lost transactions",
    html`${definitions(summary)}${lines.length === 0 ? "" : table(["GTID", "Committed (UTC)", "Tables", "Changes"], lines)}`,
  );
}

function byPositions({ loss: found }: DrillReport): string {
  if (found === null) return "not measured";
  const { total, confirmed, unconfirmed, internal, application, undecided } = found.byKind;
  return `${total} only on the old primary: ${confirmed} confirmed to the ledger's client, ${application} of the application, ${unconfirmed} never confirmed, ${undecided} prepared by XA and never committed, ${internal} of Hotsite itself`;
}

function rows({ tables }: DrillReport): Html {
  if (tables === null) return section("Rows compared", html`<p>Not measured.</p>`);
  const lines = tables.map(({ table: name, sourceRows, targetRows, differing, keys }) => [
    name,
    String(sourceRows),
    String(targetRows),
    String(differing),
    keys.join(", "),
  ]);
  return section(
    "Rows compared",
    table(["Table", "Primary", "Standby", "Differing", "First keys"], lines, "numbers"),
  );
}

function decision({ verdict, guards, epochs }: DrillReport): Html {
  const guardLines = guards.map(({ name, passed, overridden, detail }) => [
    name,
    passed ? "held" : overridden ? "overridden" : "did not hold",
    detail,
  ]);
  const epochLines = epochs.map(({ epoch, writer, atMs }) => [String(epoch), writer, clock(atMs)]);
  return section(
    "Decision",
    html`${
        verdict === null
          ? ""
          : html`<h3>Verdict: ${verdict.kind}</h3>
              ${list(verdict.evidence)}`
      }
      <h3>Guards</h3>
      ${guardLines.length === 0 ? html`<p>None were evaluated.</p>` : table(["Guard", "", "Found"], guardLines)}
      <h3>Epochs</h3>
      ${table(["Epoch", "May write", "Since (UTC)"], epochLines)}`,
  );
}

function steps({ steps: all }: DrillReport): Html {
  const lines = all.map(({ workflow, name, startedMs, endedMs }) => [
    workflow,
    name,
    clock(startedMs),
    seconds((endedMs - startedMs) / 1000),
  ]);
  return section(
    "Steps",
    lines.length === 0
      ? html`<p>None ran to its end.</p>`
      : table(["Workflow", "Step", "Began (UTC)", "Took"], lines),
  );
}

function provenance(report: DrillReport, jsonSha256: string): Html {
  const { previous } = report;
  return section(
    "About this report",
    definitions([
      ["Drill", `${report.id}, ${moment(report.startedMs)} to ${moment(report.endedMs)}`],
      ["Address", report.endpoint],
      ["Configuration", `sha256 ${report.configSha256}`],
      ["Data", `${report.id}.json, sha256 ${jsonSha256}`],
      ["Previous report", previous === null ? "none" : `${previous.report}, sha256 ${previous.sha256}`],
      ["Ledger notes", report.ledger.file === "" ? "none" : report.ledger.file],
    ]),
  );
}

function section(title: string, content: Html): Html {
  return html`<section>
    <h2>${title}</h2>
    ${content}
  </section>`;
}

function definitions(facts: readonly (readonly [string, string])[]): Html {
  return html`<dl>
    ${facts.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

function measured(value: Measured): string {
  return value === null ? "not measured" : String(value);
}

function seconds(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 1)} s`;
}

function offset(ms: number): string {
  return `t${ms < 0 ? "−" : "+"}${(Math.abs(ms) / 1000).toFixed(1)} s`;
}

function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 23);
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function moment(ms: number): string {
  return `${day(ms)} ${new Date(ms).toISOString().slice(11, 19)} UTC`;
}
