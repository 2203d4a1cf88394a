import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { main } from "../../cli/main.ts";
import { checkPrinted } from "./printed.ts";

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process. */
export async function hotsite(argv: readonly string[], cwd = tmpdir()): Promise<Ended> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await main(argv, { stdout, stderr, cwd });
  const ended = { code, stdout: textOf(stdout), stderr: textOf(stderr) };
  await checkPrinted(argv, ended.stdout);
  return ended;
}

/** What was written to a stream so far. */
export function textOf(stream: PassThrough): string {
  return String(stream.read() ?? "");
}

/** A folder of a test, which goes away when it is disposed of. */
export interface TestFolder extends AsyncDisposable {
  readonly path: string;
  write(name: string, text: string): Promise<void>;
}

/** A folder with these files. */
export async function folderWith(files: Readonly<Record<string, string>>): Promise<TestFolder> {
  const path = await mkdtemp(join(tmpdir(), "hotsite-cli-"));
  const write = (name: string, text: string): Promise<void> => writeFile(join(path, name), text);
  for (const [name, text] of Object.entries(files)) await write(name, text);
  return { path, write, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
