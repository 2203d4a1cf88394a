import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync, statSync, utimesSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { all, command, either, feed, file, script } from "../../core/command.ts";
import { HotsiteError } from "../../core/errors.ts";
import { Secret } from "../../core/secret.ts";
import { CommandError, type Shell } from "../../core/shell.ts";
import { waitFor } from "../../core/wait.ts";

/** What every `Shell` does. `open` gives one whose node is this very machine, so that the tests can look at it from outside. */
export function describeShell(name: string, open: () => Promise<Shell>): void {
  describe(`${name}: the shell contract`, () => {
    const signal = AbortSignal.timeout(120_000);
    let shell: Shell;
    let folder: string;
    beforeAll(async () => {
      shell = await open();
      folder = await mkdtemp(join(tmpdir(), "hotsite-shell-"));
    });
    afterAll(async () => {
      await shell[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    });

    test("a command's output comes back without its last line breaks, stderr apart", async () => {
      const result = await shell.run(script("echo out; echo; printf err >&2"), signal);
      expect(result).toEqual({ code: 0, stdout: "out", stderr: "err" });
    });

    test("a failure names node, command and exit code, and shows the end of stderr", async () => {
      const failing = all(command("true"), command("ls", "/no such place"), command("echo", "never"));
      const error = await failureOf(shell.run(failing, signal));
      expect(error).toMatchObject({
        code: "command-failed",
        node: shell.node,
        command: "ls '/no such place'",
        exit: 2,
      });
      expect(error.message).toContain(`${shell.node}: ls '/no such place': exit 2`);
      expect(error.message).toContain("No such file or directory");
    });

    test("the part that failed is named inside alternatives too", async () => {
      const nested = either(command("false"), all(command("true"), script("exit $1", "9")));
      expect(await failureOf(shell.run(nested, signal))).toMatchObject({ command: "exit $1 9", exit: 9 });
    });

    test("exit codes that are accepted are answers", async () => {
      expect(await shell.run(script("exit 3"), signal, { accept: [0, 3] })).toMatchObject({ code: 3 });
    });

    test("output is told as it arrives, and only once", async () => {
      const gate = join(folder, "gate");
      const heard: string[] = [];
      const slow = shell.run(
        script('echo first; while [ ! -e "$1" ]; do sleep 0.02; done; echo second >&2', gate),
        signal,
        {
          onOutput: (text, stream) => heard.push(`${stream}: ${text}`),
        },
      );
      await until(() => heard.length > 0, "the first output");
      await writeFile(gate, "");
      await slow;
      expect(heard).toEqual(["stdout: first\n", "stderr: second\n"]);
    });

    test("calls overlap, more of them than a connection has sessions", async () => {
      const results = await Promise.all(
        Array.from({ length: 25 }, (_, n) => shell.run(script("sleep 0.1; echo $1", String(n)), signal)),
      );
      expect(results.map(({ stdout }) => stdout)).toEqual(Array.from({ length: 25 }, (_, n) => String(n)));
    });

    test("four megabytes of output and input pass unharmed", async () => {
      const text = randomBytes(2_000_000).toString("hex");
      const { stdout } = await shell.run(feed(text, "cat"), signal);
      expect(sha(stdout)).toBe(sha(text));
    });

    test("a secret is in no process's arguments or environment while the command runs", async () => {
      const word = randomBytes(12).toString("hex");
      const { stdout } = await shell.run(
        all(
          feed(
            new Secret(word),
            "sh",
            "-c",
            "read -r got; cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'; echo ${#got}",
          ),
        ),
        signal,
      );
      expect(stdout).toContain(String(word.length));
      expect(stdout).not.toContain(word);
    });

    test("a secret that a program repeats is taken out of the error", async () => {
      const password = new Secret("s3cret-s3cret");
      const error = await failureOf(
        shell.run(feed(password, "sh", "-c", "read -r got; echo bad: $got >&2; exit 1"), signal),
      );
      expect(`${error.message} ${error.stderr} ${error.command}`).not.toContain("s3cret-s3cret");
      expect(error.message).toContain("bad: [secret]");
    });

    test("an abort ends the command with everything it started, and rejects with the reason", async () => {
      const note = join(folder, "pids");
      const abort = new AbortController();
      const running = shell.run(
        script('sleep 600 & echo $! >"$1"; echo $$ >>"$1"; wait', note),
        abort.signal,
      );
      await until(
        () => existsSync(note) && readFileSync(note, "utf8").split("\n").length === 3,
        "the command to start",
      );
      const reason = new Error("enough");
      abort.abort(reason);
      await expect(running).rejects.toBe(reason);
      const pids = readFileSync(note, "utf8").trim().split("\n").map(Number);
      await until(() => pids.every((pid) => !isAlive(pid)), "the processes to end");
    });

    test("an abort lets clean-up traps run", async () => {
      const note = join(folder, "trapped");
      const abort = new AbortController();
      const trapping = script(
        `trap 'echo cleaned >"$1"; exit 1' TERM; : >"$2"; sleep 600 & wait`,
        note,
        `${note}.started`,
      );
      const running = shell.run(trapping, abort.signal);
      await until(() => existsSync(`${note}.started`), "the command to start");
      abort.abort(new Error("enough"));
      await expect(running).rejects.toThrow("enough");
      expect(readFileSync(note, "utf8")).toBe("cleaned\n");
    });

    test("a signal that is aborted already starts nothing", async () => {
      const note = join(folder, "never");
      await expect(shell.run(command("touch", note), AbortSignal.abort(new Error("no")))).rejects.toThrow(
        "no",
      );
      expect(existsSync(note)).toBe(false);
    });

    test("a process that is left running does not hold the call up", async () => {
      const note = join(folder, "left");
      await shell.run(script('sleep 60 & echo $! >"$1"', note), signal);
      process.kill(Number(readFileSync(note, "utf8")));
    }, 10_000);

    test("files arrive with content, mode and parent folders, and equal ones are left alone", async () => {
      const local = join(folder, "local.bin");
      await writeFile(local, randomBytes(3_000_000));
      const target = (name: string): string => join(folder, "deep/er", name);
      const files = [
        file(target("text"), "it's\n", { mode: 0o600 }),
        file(target("secret file"), new Secret("s3cret"), { mode: 0o640 }),
        file(target("big"), { local }, { mode: 0o755 }),
        file(target("empty"), ""),
      ];
      expect(await shell.upload(files, signal)).toEqual(files.map(({ path }) => path));
      expect(files.map(({ path }) => (statSync(path).mode & 0o7777).toString(8))).toEqual([
        "600",
        "640",
        "755",
        "644",
      ]);
      expect(sha(readFileSync(target("big")))).toBe(sha(readFileSync(local)));
      expect(readFileSync(target("secret file"), "utf8")).toBe("s3cret");
      for (const { path } of files) utimesSync(path, 1, 1);
      expect(await shell.upload(files, signal)).toEqual([]);
      expect(files.every(({ path }) => statSync(path).mtimeMs === 1000)).toBe(true);
      await chmod(target("text"), 0o666);
      await rm(target("empty"));
      expect(await shell.upload(files, signal)).toEqual([target("text"), target("empty")]);
      expect(readdirSync(join(folder, "deep/er")).sort()).toEqual(["big", "empty", "secret file", "text"]);
    });

    test("a file that several services want at once is brought once, whole, whatever else each of them wants", async () => {
      const [shared, local] = [join(folder, "shared"), join(folder, "local")];
      await writeFile(local, randomBytes(3_000_000));
      const asked = Array.from({ length: 4 }, (_, index) => [
        file(shared, { local }),
        file(join(folder, `own-${index}`), "x"),
      ]);
      const answers = await Promise.all(
        asked.map((files, index) => shell.upload(index % 2 === 0 ? files : [...files].reverse(), signal)),
      );
      expect(answers.flat().filter((path) => path === shared)).toEqual([shared]);
      expect(sha(readFileSync(shared))).toBe(sha(readFileSync(local)));
      expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
    });

    test("whoever waits for a file and gives up lets nobody pass", async () => {
      const [shared, local] = [join(folder, "shared"), join(folder, "local")];
      await writeFile(local, randomBytes(3_000_000));
      const files = [file(shared, { local })];
      const first = shell.upload(files, signal);
      const gone = shell.upload(files, AbortSignal.abort(new Error("enough")));
      const last = shell.upload(files, signal);
      await expect(gone).rejects.toThrow("enough");
      expect([await first, await last]).toEqual([[shared], []]);
    });

    test("a file replaces what stood there in one step: a link itself, not what it points to", async () => {
      const [target, link] = [join(folder, "target"), join(folder, "link")];
      await writeFile(target, "old");
      await symlink(target, link);
      expect(await shell.upload([file(link, "new")], signal)).toEqual([link]);
      expect([readFileSync(target, "utf8"), readFileSync(link, "utf8")]).toEqual(["old", "new"]);
    });

    test("a file that cannot be put in place is an error and leaves nothing half done", async () => {
      const blocked = join(folder, "blocked");
      await writeFile(blocked, "a file where a folder should be");
      await expect(shell.upload([file(join(blocked, "x"), "y")], signal)).rejects.toThrow(CommandError);
      await expect(shell.upload([file("relative", "y")], signal)).rejects.toMatchObject({ code: "bad-path" });
      await expect(
        shell.upload([file(join(folder, "z"), { local: "/no/such" })], signal),
      ).rejects.toMatchObject({ code: "no-such-file" });
      expect(existsSync(join(folder, "z"))).toBe(false);
    });

    test("a download gives the bytes, and says when there are none", async () => {
      const path = join(folder, "down");
      await writeFile(path, Buffer.from([0, 255, 10, 13]));
      expect(await shell.download(path, signal)).toEqual(await readFile(path));
      await expect(shell.download(join(folder, "nothing"), signal)).rejects.toMatchObject({
        code: "no-such-file",
      });
    });

    test("a forwarded stream reaches a port as the node sees it", async () => {
      const server = createServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const stream = await shell.forward("127.0.0.1", port, signal);
      stream.write("ping");
      expect(String((await once(stream, "data"))[0])).toBe("ping");
      stream.destroy();
      server.close();
      await once(server, "close");
      await expect(shell.forward("127.0.0.1", port, signal)).rejects.toMatchObject({ retryable: true });
    });

    test("closing twice is harmless, and a closed shell says so", async () => {
      const other = await open();
      await other[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
      await expect(other.run(command("true"), signal)).rejects.toMatchObject({ code: "closed" });
    });
  });
}

async function failureOf(work: Promise<unknown>): Promise<CommandError> {
  const error = await work.then(
    () => new HotsiteError("none", "did not fail"),
    (thrown: unknown) => thrown,
  );
  if (error instanceof CommandError) return error;
  throw error as Error;
}

async function until(condition: () => boolean, what: string): Promise<void> {
  await waitFor(
    async () => condition() || undefined,
    { timeoutMs: 10_000, intervalMs: 10, what },
    AbortSignal.timeout(15_000),
  );
}

function isAlive(pid: number): boolean {
  try {
    // A zombie has ended, although nobody has asked it how.
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

function sha(bytes: string | Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
