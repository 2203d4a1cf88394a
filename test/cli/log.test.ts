import { expect, test } from "@jest/globals";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileLogger } from "../../cli/log.ts";
import { HotsiteError } from "../../core/errors.ts";
import { Secret } from "../../core/secret.ts";
import { folderWith } from "./support.ts";

test("the log is JSON, a line at a time, that only its owner reads, without secrets and whatever is logged", async () => {
  await using folder = await folderWith({});
  const path = join(folder.path, "log", "hotsite.log");
  const logger = fileLogger(path, { verbose: false, note: () => undefined });
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  logger.info("command", { verb: "status", password: new Secret("hidden") });
  logger.warn("failed", { error: new HotsiteError("unreachable", "east/web-1 is silent") });
  logger.debug("odd", { circle, count: 3n, password: { inner: new Secret("hidden") } });

  const text = await readFile(path, "utf8");
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  expect(lines).toMatchObject([
    { level: 30, pid: process.pid, verb: "status", msg: "command" },
    { level: 40, error: { code: "unreachable", message: "east/web-1 is silent" }, msg: "failed" },
    { level: 20, count: "3n", msg: "odd" },
  ]);
  expect(text).not.toContain("hidden");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("a log that cannot be written is told once, and ends nothing", async () => {
  await using folder = await folderWith({ log: "a file" });
  const notes: string[] = [];
  const logger = fileLogger(join(folder.path, "log", "hotsite.log"), {
    verbose: false,
    note: (text) => void notes.push(text),
  });
  logger.info("command");
  logger.info("done");
  expect(notes).toEqual([expect.stringMatching(/^The log is not written: .*EEXIST/)]);
});
