import { afterAll, afterEach, beforeEach, expect, test } from "@jest/globals";
import { chmodSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { command, file } from "../../core/command.ts";
import { sameAs, stageState } from "../../remote/compare.ts";
import { applyStage, type Stage } from "../../remote/exchange.ts";
import { openLocalShell } from "../../remote/local.ts";

const signal = AbortSignal.timeout(60_000);
const shell = openLocalShell({ node: "east/web-1" });
const { username } = userInfo();

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hotsite-compare-"));
});
afterEach(() => rm(folder, { recursive: true }));
afterAll(async () => shell[Symbol.asyncDispose]());

const at = (name: string): string => join(folder, name);
const memory = (): string => at("memory");
const state = (...stages: readonly Stage[]) => stageState(shell, stages, signal, memory());
const apply = (stage: Stage) => applyStage(shell, stage, signal, { memory: memory() });

function stageOf(over: Partial<Stage> = {}): Stage {
  writeFileSync(at("local"), "bytes of an archive\n");
  const files = [
    file(at("it's a file"), "text\n", { mode: 0o640 }),
    file(at("owned"), "", { owner: username }),
    file(at("back\\slash *"), { local: at("local") }),
  ];
  return { name: "web/configure", files, commands: [command("true")], ...over };
}

test("a node is absent before its stage, and the same after it", async () => {
  expect(await state(stageOf())).toBe("absent");
  await apply(stageOf());
  expect(await state(stageOf())).toBe("same");
});

const faults: readonly (readonly [string, () => void])[] = [
  ["another content", () => writeFileSync(at("it's a file"), "texT\n")],
  ["another mode", () => chmodSync(at("owned"), 0o600)],
  ["a missing file", () => rmSync(at("back\\slash *"))],
  [
    "a link to an equal file",
    () => {
      renameSync(at("it's a file"), at("elsewhere"));
      symlinkSync(at("elsewhere"), at("it's a file"));
    },
  ],
  ["a forgotten second stage", () => rmSync(join(memory(), "web/packages"))],
];

test.each(faults)("%s differs", async (_, spoil) => {
  const second: Stage = { name: "web/packages", files: [], commands: [command("true")] };
  await apply(stageOf());
  await apply(second);
  expect(await state(stageOf(), second)).toBe("same");
  spoil();
  expect(await state(stageOf(), second)).toBe("differs");
});

test("other commands differ", async () => {
  await apply(stageOf());
  expect(await state(stageOf({ commands: [command("false")] }))).toBe("differs");
});

test("a stage without files is compared by its memory", async () => {
  const stage: Stage = { name: "web/packages", files: [], commands: [command("true")] };
  await apply(stage);
  expect(await state(stage)).toBe("same");
});

test("more paths than one program takes as arguments are compared", async () => {
  // xargs passes 128 KiB at once.
  const deep = at(Array.from({ length: 12 }, () => "long".repeat(60)).join("/"));
  const names = Array.from({ length: 50 }, (_, index) => join(deep, String(index)));
  const stage = stageOf({ files: names.map((name) => file(name, "x")) });
  await apply(stage);
  expect(await state(stage)).toBe("same");
  writeFileSync(names[49] ?? "", "y");
  expect(await state(stage)).toBe("differs");
});

test("what must hold is asked, and the stage is gone through again where it does not", async () => {
  const stage = stageOf({
    commands: [command("touch", at("package"))],
    holds: command("test", "-e", at("package")),
  });
  expect((await apply(stage)).ran).toBe(true);
  expect((await apply(stage)).ran).toBe(false);
  rmSync(at("package"));
  expect(await state(stage)).toBe("differs");
  expect((await apply(stage)).ran).toBe(true);
  expect(await state(stage)).toBe("same");
});

test("a comparison says nothing and fails where anything differs", async () => {
  await apply(stageOf());
  const { stdout, stderr } = await shell.run(await sameAs([stageOf()], signal, memory()), signal);
  expect([stdout, stderr]).toEqual(["", ""]);
  rmSync(at("owned"));
  await expect(shell.run(await sameAs([stageOf()], signal, memory()), signal)).rejects.toThrow("exit 77");
});
