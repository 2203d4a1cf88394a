import { describe, expect, test } from "@jest/globals";
import { PassThrough } from "node:stream";
import { exitCodeOf } from "../../cli/exit.ts";
import { failureJson, failureText } from "../../cli/failure.ts";
import { Output } from "../../cli/output.ts";
import { HotsiteError, PreflightError } from "../../core/errors.ts";
import { textOf } from "./support.ts";

describe("output", () => {
  test("results go to standard output, everything else to standard error", () => {
    const { output, stdout, stderr } = streams();
    output.note("on the way");
    output.result("verdict", { ok: true });
    expect([textOf(stdout), textOf(stderr)]).toEqual(["verdict\n", "on the way\n"]);
  });

  test("with --json standard output holds one object and nothing else", () => {
    const { output, stdout } = streams({ json: true });
    output.stream("a line of a log\n");
    output.result("verdict", { ok: true });
    expect(textOf(stdout)).toBe('{"ok":true}\n');
  });

  test("in a terminal a block stays below the lines that come, and is cut to the terminal's size", () => {
    const { output, stderr } = streams({ terminal: true });
    output.keep(["one", "two", "a line that is longer than the terminal"]);
    output.note("done");
    expect(textOf(stderr)).toBe(
      "one\ntwo\na line that is lon…\n" + "\u001B[3A\u001B[0J" + "done\n" + "one\ntwo\na line that is lon…\n",
    );
  });

  test("elsewhere no block is drawn", () => {
    const { output, stderr } = streams();
    output.keep(["one"]);
    expect(textOf(stderr)).toBe("");
  });
});

describe("a failure", () => {
  const stuck = new HotsiteError("run-stuck", "west/db-1: promote failed", {
    hint: "hotsite resume",
    details: { left: ["west/db-1 is writable", "east is powered off"] },
  });

  test("says what went wrong and what to do next", () => {
    expect(failureText(stuck, { verbose: false })).toBe("✖ west/db-1: promote failed\n  hotsite resume");
  });

  test("says as JSON also what is left", () => {
    expect(failureJson(stuck)).toMatchObject({
      ok: false,
      exitCode: 3,
      error: {
        code: "run-stuck",
        hint: "hotsite resume",
        left: ["west/db-1 is writable", "east is powered off"],
      },
    });
  });

  test("of our own making is called that, and shows where with --verbose", () => {
    const error = new TypeError("x is not a function");
    expect(failureText(error, { verbose: false })).toContain("fault of hotsite itself");
    expect(failureText(error, { verbose: true })).toContain("output.test.ts");
  });

  const aborted = AbortSignal.abort();
  test.each<[string, unknown, AbortSignal | undefined, number]>([
    ["an unknown error", new Error("x"), undefined, 1],
    ["wrong usage", new HotsiteError("usage", "x"), undefined, 2],
    ["a broken config", new HotsiteError("config", "x"), undefined, 2],
    ["faults of the world", new PreflightError("x", [{ path: "a", problem: "b" }]), undefined, 1],
    ["something left", stuck, undefined, 3],
    ["a run that waits to be continued", new HotsiteError("unfinished-run", "x"), undefined, 3],
    ["another holder", new HotsiteError("locked", "x"), undefined, 4],
    ["an interruption", new HotsiteError("interrupted", "x"), aborted, 130],
    ["an interruption that left something", stuck, aborted, 3],
  ])("%s ends with its own exit code", (_, error, signal, code) => {
    expect(exitCodeOf(error, signal)).toBe(code);
  });
});

function streams({ terminal = false, json = false } = {}) {
  const stdout = new PassThrough();
  const stderr = Object.assign(new PassThrough(), { columns: 20, rows: 10 });
  return { output: new Output({ stdout, stderr, json, live: terminal }), stdout, stderr };
}
