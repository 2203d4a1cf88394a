import { afterAll, afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { existsSync, linkSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { command, file, script, type NodeFile } from "../../core/command.ts";
import { Secret } from "../../core/secret.ts";
import { stageState } from "../../remote/compare.ts";
import { applyStage, type Stage } from "../../remote/exchange.ts";
import { openLocalShell } from "../../remote/local.ts";
import {
  forgetKept,
  goBack,
  keepStanding,
  keptIsReady,
  leaveStanding,
  NOTHING_TO_KEEP,
  standingFile,
} from "../../remote/way-back.ts";

const signal = AbortSignal.timeout(60_000);

describe("a service that is changed and taken back", () => {
  const shell = openLocalShell({ node: "east/web-1" });
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "hotsite-back-"));
  });
  afterEach(() => rm(folder, { recursive: true }));
  afterAll(async () => shell[Symbol.asyncDispose]());

  const at = (name: string): string => join(folder, name);
  const kept = (run = "r1") => ({ service: "web", run, memory: at("memory") });
  const says = (word: string) => ({ ...script('echo "$2" >>"$1"'), args: [at("log"), word] });
  const log = (): readonly string[] => readFileSync(at("log"), "utf8").trim().split("\n");

  /** A version: a text with its secret, an archive under a name of its own, and what it says when it is configured and started. */
  async function stageOf(version: string): Promise<Stage> {
    writeFileSync(at(`local-${version}`), `archive ${version}\n`);
    const files: NodeFile[] = [
      file(at("it's config"), new Secret(`version ${version}\n`), { mode: 0o640 }),
      file(at(`app-${version}.war`), { local: at(`local-${version}`) }),
    ];
    const configure = says(`configure ${version}`);
    const standing = await standingFile(
      {
        ...{ service: "web", stage: "web/configure", files, memory: at("memory") },
        ...{ apply: [configure, says("stop")], start: [says(`start ${version}`)] },
        ready: command("test", "-e", at(`ready ${version}`)),
      },
      signal,
    );
    return { name: "web/configure", files: [...files, standing], commands: [configure] };
  }
  const apply = (stage: Stage) => applyStage(shell, stage, signal, { memory: at("memory") });
  const paths = ({ files }: Stage): readonly string[] => files.map(({ path }) => path).slice(0, 2);

  test("is what it was: its files, their modes, its commands, and what the node remembers", async () => {
    const [one, two] = [await stageOf("1"), await stageOf("2")];
    await apply(one);
    await shell.run(keepStanding(kept(), "web/configure"), signal);
    await shell.run(leaveStanding(kept(), paths(two)), signal);
    expect(existsSync(at("app-1.war"))).toBe(false);
    await apply(two);
    expect(readFileSync(at("it's config"), "utf8")).toBe("version 2\n");

    for (let time = 0; time < 2; time += 1) await shell.run(goBack(kept(), paths(two), true), signal);
    expect(readFileSync(at("it's config"), "utf8")).toBe("version 1\n");
    expect(statSync(at("it's config")).mode & 0o777).toBe(0o640);
    expect(readFileSync(at("app-1.war"), "utf8")).toBe("archive 1\n");
    expect(existsSync(at("app-2.war"))).toBe(false);
    expect(log()).toEqual([
      ...["configure 1", "configure 2"],
      ...["configure 1", "stop", "start 1", "configure 1", "stop", "start 1"],
    ]);
    expect(await apply(one)).toEqual({ changed: [], ran: false });
  });

  test("comes back from a change that was cut off anywhere", async () => {
    const [one, two] = [await stageOf("1"), await stageOf("2")];
    await apply(one);
    await shell.run(keepStanding(kept(), "web/configure"), signal);
    rmSync(at("app-1.war"));
    rmSync(at("memory/web/configure"));
    rmSync(at("memory/web/.again"));
    await shell.run(goBack(kept(), paths(two), false), signal);
    expect(log()).toEqual(["configure 1", "configure 1", "stop"]);
    expect(await apply(one)).toEqual({ changed: [], ran: false });
  });

  test("is ready by its own measure", async () => {
    await apply(await stageOf("1"));
    await shell.run(keepStanding(kept(), "web/configure"), signal);
    await expect(shell.run(keptIsReady(kept()), signal)).rejects.toThrow("exit 1");
    writeFileSync(at("ready 1"), "");
    await shell.run(keptIsReady(kept()), signal);
  });

  test("keeps one state: the first of a run, and none of other runs", async () => {
    await apply(await stageOf("1"));
    await shell.run(keepStanding(kept("old"), "web/configure"), signal);
    await shell.run(keepStanding(kept("new"), "web/configure"), signal);
    expect(existsSync(at("memory/web/.kept-old"))).toBe(false);
    const two = await stageOf("2");
    await apply(two);
    await shell.run(keepStanding(kept("new"), "web/configure"), signal);
    await shell.run(goBack(kept("new"), paths(two), true), signal);
    expect(readFileSync(at("it's config"), "utf8")).toBe("version 1\n");
    await shell.run(forgetKept(kept("new")), signal);
    expect(existsSync(at("memory/web/.kept-new"))).toBe(false);
  });

  test("shares its archives with what is kept, so that keeping costs no space", async () => {
    await apply(await stageOf("1"));
    linkSync(at("app-1.war"), at("another name"));
    await shell.run(keepStanding(kept(), "web/configure"), signal);
    expect(statSync(at("app-1.war")).nlink).toBe(3);
  });

  test("cannot be kept where nothing was installed", async () => {
    const { code } = await shell.run(keepStanding(kept(), "web/configure"), signal, {
      accept: [NOTHING_TO_KEEP],
    });
    expect(code).toBe(NOTHING_TO_KEEP);
  });

  test("is told from what it should be without touching it", async () => {
    const one = { ...(await stageOf("1")), fingerprint: "one" };
    const state = (stage: Stage) => stageState(shell, [stage], signal, at("memory"));
    expect(await state(one)).toBe("absent");
    expect(existsSync(at("memory"))).toBe(false);
    await apply(one);
    expect(await state(one)).toBe("same");
    expect(await state({ ...one, fingerprint: "two" })).toBe("differs");
    writeFileSync(at("it's config"), "edited by hand\n");
    expect(await state(one)).toBe("differs");
  });
});
