import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { RetryableError } from "../../core/errors.ts";
import { waitFor } from "../../core/wait.ts";
import { everythingOf, removeEverythingOf } from "./everything.ts";
import { missingLine, shownCommands, type ShownCommand } from "./shown-commands.ts";
import { enterVisit } from "./two-sites.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const execute = promisify(execFile);
/** One application on two sites, installed and drilled, on a busy machine. */
const timeoutMs = 600_000;

/** The package as npm would publish it, installed into a prefix of its own; the page's commands run in order, as a reader would type them. */
describe("the tutorial, with the packed package", () => {
  // Its machines are told from those of any other petclinic.
  const name = `tutorial-${randomBytes(3).toString("hex")}`;
  let folder: string;
  let commands: readonly ShownCommand[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "hotsite-tutorial-"));
    const { stdout } = await execute("npm", ["pack", "--json", "--pack-destination", folder], { cwd: root });
    const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf("["))) as [{ filename: string }];
    const install = ["install", "--global", "--prefix", join(folder, "npm"), "--no-audit", "--no-fund"];
    await execute("npm", [...install, "--prefer-offline", join(folder, filename)]);
    await cp(join(folder, "npm/lib/node_modules/hotsite/examples/petclinic"), join(folder, "clinic"), {
      recursive: true,
    });
    const config = join(folder, "clinic/hotsite.config.ts");
    const text = await readFile(config, "utf8");
    await writeFile(config, text.replace('application("petclinic"', `application("${name}"`));
    const page = await readFile(join(root, "docs/tutorial.md"), "utf8");
    commands = shownCommands(page.replaceAll("~/clinic", "…").replaceAll(/^petclinic(?=[ :])/gm, name));
  }, 240_000);

  afterAll(async () => {
    await removeEverythingOf(name);
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  test(
    "every command does what the page shows",
    async () => {
      expect(commands.length).toBeGreaterThan(10);
      for (const command of commands) {
        if (command.line.includes("FROM visits")) await addVisit();
        await play(command);
      }
      expect(await everythingOf(name)).toEqual([]);
    },
    timeoutMs,
  );

  /** What only looks is asked until it shows what the page shows: the reader, too, waits some seconds there. */
  async function play({ line, shown }: ShownCommand): Promise<void> {
    const looks = /^hotsite (status|replication status|ssh)/.test(line);
    const options = {
      timeoutMs: looks ? 60_000 : 1,
      intervalMs: 1500,
      what: `what the page shows for ${line}`,
    };
    await waitFor(
      async () => {
        const { stdout, stderr } = await shell(line);
        const output = `${stderr}\n${stdout}`;
        const missing = missingLine(output, shown, { calm: looks });
        if (missing === undefined) return true;
        throw new RetryableError("not-shown", `no line like ${JSON.stringify(missing)} in\n${output}`);
      },
      options,
      AbortSignal.timeout(timeoutMs),
    );
  }

  /** A shell's command line; rejects unless it ends with 0. */
  function shell(line: string): Promise<{ stdout: string; stderr: string }> {
    const env = { ...process.env, PATH: `${join(folder, "npm/bin")}:${process.env["PATH"] ?? ""}` };
    return execute("sh", ["-c", line], { cwd: join(folder, "clinic"), env });
  }

  /** What the page asks its reader to do with a browser. */
  async function addVisit(): Promise<void> {
    const { stdout } = await shell("hotsite status --json");
    const { url } = JSON.parse(stdout) as { url: string };
    expect(await enterVisit(url, "Tutorial visit")).toBe(true);
  }
});
