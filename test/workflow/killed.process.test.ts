import { once } from "node:events";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openStore } from "../../store/lmdb.ts";
import { history } from "../../workflow/history.ts";
import { Program } from "../support/program.ts";
import { quickFolder } from "../support/quick-folder.ts";

describe("a process that is killed with SIGKILL right after a journal write", () => {
  let program: Program;
  let folder: string;

  beforeAll(async () => {
    program = await Program.build(new URL("kill-child.ts", import.meta.url));
    folder = await quickFolder();
  });

  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function execute(
    place: string,
    verb: string,
    outcome: string,
    killAfter = "",
  ): Promise<NodeJS.Signals | null> {
    const { child } = program.start(
      [join(folder, place, "store"), join(folder, place, "world"), verb, outcome],
      {
        HOTSITE_KILL_AFTER_JOURNAL_WRITE: killAfter,
      },
    );
    const [, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    return signal;
  }

  async function stateOf(place: string): Promise<string | undefined> {
    await using store = await openStore(join(folder, place, "store"));
    return (await history(store, "petclinic")).at(-1)?.state;
  }

  test.each([
    ["succeeds", [2, 5, 9], "done", ["first", "last", "left", "right"]],
    ["fails", [2, 9, 11, 13, 18], "unwound", []],
  ])(
    "leaves a run that %s and reaches its end when it is resumed",
    async (outcome, kills, state, files) => {
      for (const write of kills) {
        const place = `${outcome}-${write}`;
        expect(await execute(place, "run", outcome, String(write))).toBe("SIGKILL");
        expect(await execute(place, "resume", outcome)).toBeNull();
        expect({ write, state: await stateOf(place) }).toEqual({ write, state });
        expect((await readdir(join(folder, place, "world"))).toSorted()).toEqual(files);
      }
    },
    30_000,
  );
});
