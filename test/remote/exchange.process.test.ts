import { afterAll, afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { existsSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { command, file, script } from "../../core/command.ts";
import { Secret } from "../../core/secret.ts";
import type { CommandError, Shell } from "../../core/shell.ts";
import { applyStage, readFingerprints, stageFingerprint, type Stage } from "../../remote/exchange.ts";
import { giveUpFiles } from "../../remote/file-lists.ts";
import { openLocalShell } from "../../remote/local.ts";

const signal = AbortSignal.timeout(60_000);

describe("a stage", () => {
  const shell = openLocalShell({ node: "east/db-1" });
  let folder: string;
  let exchanges: number;
  /** Counts the exchanges with the node. */
  const counted: Shell = {
    ...{
      node: shell.node,
      upload: shell.upload.bind(shell),
      download: shell.download.bind(shell),
      forward: shell.forward.bind(shell),
    },
    run: (...what) => {
      exchanges += 1;
      return shell.run(...what);
    },
    [Symbol.asyncDispose]: () => shell[Symbol.asyncDispose](),
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "hotsite-stage-"));
    exchanges = 0;
  });
  afterEach(async () => rm(folder, { recursive: true }));
  afterAll(async () => shell[Symbol.asyncDispose]());

  const at = (name: string): string => join(folder, name);
  const log = script('echo ran >>"$1"');
  const stage = (over: Partial<Stage> = {}): Stage => ({
    name: "db/configure",
    files: [file(at("a.cnf"), "it's a\n"), file(at("sub/secret"), new Secret("pw-123456"), { mode: 0o600 })],
    commands: [{ ...log, args: [at("log")] } as typeof log, command("echo", "hello")],
    ...over,
  });
  const apply = (
    over: Partial<Stage> = {},
    options: { force?: boolean } = {},
  ): ReturnType<typeof applyStage> =>
    applyStage(counted, stage(over), signal, { memory: at("memory"), ...options });
  const runs = (): number =>
    existsSync(at("log")) ? readFileSync(at("log"), "utf8").trim().split("\n").length : 0;

  test("writes its files with their modes and runs its commands, in one exchange", async () => {
    expect(await apply()).toEqual({ changed: [at("a.cnf"), at("sub/secret")], ran: true });
    expect(exchanges).toBe(1);
    expect(readFileSync(at("a.cnf"), "utf8")).toBe("it's a\n");
    expect(readFileSync(at("sub/secret"), "utf8")).toBe("pw-123456");
    expect(statSync(at("sub/secret")).mode & 0o777).toBe(0o600);
    expect(runs()).toBe(1);
  });

  test("that the node has been through does nothing the second time", async () => {
    await apply();
    expect(await apply()).toEqual({ changed: [], ran: false });
    expect(runs()).toBe(1);
    expect(await apply({}, { force: true })).toEqual({ changed: [], ran: true });
  });

  test("runs again when a file was changed on the node, and tells which", async () => {
    await apply();
    await writeFile(at("a.cnf"), "somebody was here");
    expect(await apply()).toEqual({ changed: [at("a.cnf")], ran: true });
    expect(runs()).toBe(2);
  });

  test("that fails is explained without secrets, and with everything else", async () => {
    const again = file(at("memory/db/.again"), new Secret("set -- /srv/data\n'/srv/data'\n"));
    const files = [file(at("key"), new Secret("pw-123456")), again];
    const explain = script('echo "/srv/data is not ours, says pw-123456" >&2; exit 1');
    const failed = apply({ files, commands: [explain] });
    await expect(failed).rejects.toThrow("/srv/data is not ours, says [secret]");
  });

  test("removes files that it no longer names, but for those that another stage has", async () => {
    const shared = file(at("shared.pem"), "ca\n");
    await apply({ files: [file(at("a.cnf"), "a\n"), file(at("dropped one"), "x\n"), shared] });
    await apply({ name: "web/configure", files: [shared], commands: [] });
    await apply({ files: [file(at("a.cnf"), "a\n")] });
    expect([at("a.cnf"), at("dropped one"), at("shared.pem")].map(existsSync)).toEqual([true, false, true]);
    await shell.run(giveUpFiles(at("memory"), "web", [at("shared.pem")]), signal);
    expect(existsSync(at("shared.pem"))).toBe(false);
  });

  test("leaves a file that another service has, when its own service is removed", async () => {
    const files = [file(at("shared.pem"), "ca\n"), file(at("own.cnf"), "x\n")];
    await apply({ files });
    await apply({ name: "web/configure", files: files.slice(0, 1), commands: [] });
    const remove = giveUpFiles(at("memory"), "db", [at("shared.pem"), at("own.cnf")]);
    await shell.run(remove, signal);
    await shell.run(remove, signal);
    expect([at("shared.pem"), at("own.cnf")].map(existsSync)).toEqual([true, false]);
    await shell.run(giveUpFiles(at("memory"), "web", [at("shared.pem")]), signal);
    expect([at("shared.pem"), at("memory/.files")].map(existsSync)).toEqual([false, false]);
  });

  test("runs again when its commands are others, without touching the files", async () => {
    await apply();
    expect(await apply({ commands: [command("true")] })).toEqual({ changed: [], ran: true });
  });

  test("that fails names the command that did, runs nothing after it, and is run again", async () => {
    const commands = [command("true"), command("ls", "/no such"), command("touch", at("after"))];
    const error = await apply({ commands }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "command-failed",
      node: "east/db-1",
      command: "ls '/no such'",
      exit: 2,
    });
    expect(existsSync(at("after"))).toBe(false);
    expect(await readFingerprints(shell, signal, at("memory"))).toEqual(new Map());
    await expect(apply({ commands })).rejects.toMatchObject({ command: "ls '/no such'" });
  });

  test("keeps the secrets of its files out of what a failing command says", async () => {
    const commands = [script('cat "$1" >&2; exit 1', at("sub/secret"))];
    const error = (await apply({ commands }).catch((thrown: unknown) => thrown)) as CommandError;
    expect(error.message).not.toContain("pw-123456");
    expect(error.message).toContain("[secret]");
  });

  test("uploads local files first", async () => {
    await writeFile(at("local"), "big");
    const files = [file(at("sub/big"), { local: at("local") }), ...stage().files];
    expect(await apply({ files })).toEqual({ changed: files.map(({ path }) => path), ran: true });
    expect(await apply({ files })).toEqual({ changed: [], ran: false });
    await writeFile(at("local"), "bigger");
    expect(await apply({ files })).toEqual({ changed: [at("sub/big")], ran: true });
  });

  test("leaves a fingerprint, and one read of the node gives all of them", async () => {
    await apply();
    await apply({ name: "web/packages", files: [], fingerprint: "v1" });
    const known = await readFingerprints(shell, signal, at("memory"));
    expect(Object.fromEntries(known)).toEqual({
      "db/configure": await stageFingerprint(stage(), signal),
      "web/packages": "v1",
    });
    expect(await readFingerprints(shell, signal, at("nothing"))).toEqual(new Map());
  });

  test("tells the commands' output as it comes, and nothing of its own", async () => {
    const heard: string[] = [];
    await applyStage(shell, stage(), signal, { memory: at("memory"), onOutput: (text) => heard.push(text) });
    expect(heard.join("")).toBe("hello\n");
  });

  test("without files and commands is remembered too, and a bad name is refused", async () => {
    expect(await apply({ files: [], commands: [] })).toEqual({ changed: [], ran: true });
    expect(await apply({ files: [], commands: [] })).toEqual({ changed: [], ran: false });
    await expect(apply({ name: "../../etc/passwd" })).rejects.toMatchObject({ code: "bad-stage" });
  });
});
