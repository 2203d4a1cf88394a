import { describe, expect, test } from "@jest/globals";
import { PassThrough } from "node:stream";
import { Output } from "../../cli/output.ts";
import { showProgress } from "../../cli/progress.ts";
import type { RunEvent } from "../../workflow/events.ts";
import { textOf } from "./support.ts";

const failure = { code: "no-capacity", message: "no room\nin this region" };

const story: readonly RunEvent[] = [
  { kind: "step-started", step: "east/db-1: launch", attempt: 1 },
  { kind: "step-started", step: "east/web-1: launch", attempt: 1 },
  { kind: "step-progress", step: "east/db-1: launch", text: "booting" },
  { kind: "step-progress", step: "east/db-1: launch", text: "answering" },
  { kind: "step-done", step: "east/db-1: launch", ms: 940 },
  { kind: "step-retried", step: "east/web-1: launch", attempt: 2, pauseMs: 100, error: failure },
  { kind: "step-failed", step: "east/web-1: launch", ms: 1200, error: failure },
  { kind: "step-failed", step: "west/web-1: launch", ms: 1200, error: { code: "cancelled", message: "…" } },
  { kind: "step-undoing", step: "east/db-1: launch" },
  { kind: "step-undone", step: "east/db-1: launch", ms: 300 },
];

describe("progress where lines cannot be redrawn", () => {
  test("is one timestamped line for each thing that happens, and not every report", () => {
    const { output, stderr } = streams(false);
    using progress = showProgress(output);
    for (const event of story) progress.onEvent(event);
    const lines = textOf(stderr).trimEnd().split("\n");
    expect(lines.map((line) => line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}/, ""))).toEqual([
      "… east/db-1: launch",
      "… east/web-1: launch",
      "… east/db-1: launch: booting",
      "✔ east/db-1: launch  0.9s",
      "… east/web-1: launch: attempt 2 after: no room",
      "✖ east/web-1: launch: no room",
      "↶ east/db-1: launch: taking back",
      "↶ east/db-1: launch: taken back",
    ]);
  });
});

describe("progress in a terminal", () => {
  test("keeps what runs at the bottom, lets what ended scroll away, and leaves the terminal clean", () => {
    const { output, stderr } = streams(true);
    {
      using progress = showProgress(output);
      for (const event of story) progress.onEvent(event);
    }
    expect(screenOf(textOf(stderr))).toEqual([
      "  ✔ east/db-1: launch  0.9s",
      "  ✖ east/web-1: launch  no room",
      "  ↶ east/db-1: launch  taken back",
    ]);
  });

  test("shows what a running step reports", () => {
    const { output, stderr } = streams(true);
    using progress = showProgress(output);
    for (const event of story.slice(0, 4)) progress.onEvent(event);
    const screen = screenOf(textOf(stderr));
    expect(screen).toHaveLength(2);
    expect(screen[0]).toMatch(/^ {2}⠋ east\/db-1: launch {2}\d\.\ds {2}answering$/);
  });
});

/** What is on the screen after everything was written. */
function screenOf(written: string): readonly string[] {
  const lines: string[] = [];
  for (const piece of written.split(/(\u001B\[\d+A\u001B\[0J|\n)/)) {
    const up = /^\u001B\[(\d+)A/.exec(piece);
    if (up !== null) lines.length -= Number(up[1]);
    else if (piece !== "\n" && piece !== "") lines.push(piece);
  }
  return lines;
}

function streams(live: boolean) {
  const stderr = Object.assign(new PassThrough(), { columns: 80, rows: 24 });
  return { output: new Output({ stdout: new PassThrough(), stderr, live }), stderr };
}
