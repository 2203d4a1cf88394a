import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { script, type NodeFile } from "../core/command.ts";
import { HotsiteError, messageOf } from "../core/errors.ts";
import { Secret } from "../core/secret.ts";
import type { Shell } from "../core/shell.ts";
import { oneAfterAnother } from "./one-after-another.ts";

/** Bytes, or the path of a local file, and where to put them on the node. */
export interface Upload {
  readonly content: Buffer | string;
  readonly to: string;
}

/** A file as a node compares it with its own: `mode` in octal, `owner` as `chown` takes it (`user:group`, either may be empty). */
export interface FileFacts {
  readonly path: string;
  readonly sum: string;
  readonly mode: string;
  readonly owner: string;
}

/**
 * Puts files in place in two exchanges around `move`, which brings the bytes of those that differ: compare, move, put in place.
 * The bytes wait in a hidden file beside the target, readable by its owner only, until mode and owner are right; one rename shows them.
 * Services that want the same file at the same time get it one after the other, so only the first one brings it.
 */
export async function placeFiles(
  shell: Shell,
  files: readonly NodeFile[],
  signal: AbortSignal,
  move: (uploads: readonly Upload[]) => Promise<void>,
): Promise<readonly string[]> {
  if (files.length === 0) return [];
  const paths = files.map(({ path }) => path);
  return oneAfterAnother(shell, paths, () => placeNow(shell, files, signal, move), signal);
}

async function placeNow(
  shell: Shell,
  files: readonly NodeFile[],
  signal: AbortSignal,
  move: (uploads: readonly Upload[]) => Promise<void>,
): Promise<readonly string[]> {
  const facts = await factsOf(files, signal);
  const compare = await shell.run(script(compareText, ...facts.flatMap(argumentsOf)), signal);
  const differing = compare.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map(Number);
  if (differing.length === 0) return [];
  const changed = differing.map((index) => ({ file: files[index], fact: facts[index] })).filter(isWhole);
  await move(changed.map(({ file, fact }) => ({ content: bytesOf(file), to: waitingPath(fact.path) })));
  await shell.run(script(placeText, ...changed.flatMap(({ fact }) => argumentsOf(fact))), signal);
  return changed.map(({ fact }) => fact.path);
}

/** Where a file's bytes wait until they are complete. Always the same, so that a repeated attempt clears up after a broken one; two owners of one file have a place each. */
export function waitingPath(path: string, owner = ""): string {
  const slash = path.lastIndexOf("/");
  return `${path.slice(0, slash)}/.${path.slice(slash + 1)}${owner === "" ? "" : `.${owner}`}.hotsite`;
}

/** What the node's copies have to be like. One file after the other, since an application may have more of them than a process may open. */
export async function factsOf(
  files: readonly NodeFile[],
  signal: AbortSignal,
): Promise<readonly FileFacts[]> {
  const facts: FileFacts[] = [];
  for (const file of files) facts.push(await factsOfOne(file, signal));
  return facts;
}

async function factsOfOne(file: NodeFile, signal: AbortSignal): Promise<FileFacts> {
  if (!/^\/.*[^/]$/s.test(file.path) || file.path.includes("\n")) {
    throw new HotsiteError("bad-path", `${JSON.stringify(file.path)} is not the absolute path of a file`);
  }
  const { path, mode = 0o644, owner = "", group = "" } = file;
  return { path, sum: await sumOf(file, signal), mode: mode.toString(8), owner: `${owner}:${group}` };
}

/** The text of a file that is not a local one. */
export function textOf({ content }: NodeFile): string {
  if (content instanceof Secret) return content.reveal();
  if (typeof content === "string") return content;
  throw new TypeError(`${content.local} is a local file`);
}

/** Shell functions: `hs_same` tells whether the node's copy is right, `hs_place` puts a waiting file in place. Both take path, sum, mode, owner, waiting path. */
export const fileFunctions = `
hs_same() {
  [ -f "$1" ] && [ ! -L "$1" ] || return 1
  case $4 in :) hs_owner=: ;; :*) hs_owner=:%G ;; *:) hs_owner=%U: ;; *) hs_owner=%U:%G ;; esac
  [ "$(stat -c "%a $hs_owner" -- "$1")" = "$3 $4" ] && [ "$(sha256sum <"$1")" = "$2  -" ]
}
hs_place() {
  [ "$4" = : ] || chown -- "$4" "$5" || return
  chmod -- "$3" "$5" && mv -fT -- "$5" "$1"
}`;

const compareText = `# compare files with the node's
${fileFunctions}
n=0
while [ $# -gt 0 ]; do
  if ! hs_same "$1" "$2" "$3" "$4"; then
    mkdir -p -- "\${1%/*}/" && rm -f -- "$5" && (umask 077 && : >"$5") || exit 1
    echo $n
  fi
  n=$((n + 1))
  shift 5
done`;

const placeText = `# put files in place
${fileFunctions}
while [ $# -gt 0 ]; do
  sync -- "$5" && hs_place "$1" "$2" "$3" "$4" "$5" || exit 1
  shift 5
done`;

function argumentsOf({ path, sum, mode, owner }: FileFacts): string[] {
  return [path, sum, mode, owner, waitingPath(path)];
}

function isWhole<F, G>(pair: { file: F | undefined; fact: G | undefined }): pair is { file: F; fact: G } {
  return pair.file !== undefined && pair.fact !== undefined;
}

function bytesOf(file: NodeFile): Buffer | string {
  const { content } = file;
  if (typeof content === "object" && "local" in content) return content.local;
  return Buffer.from(textOf(file), "utf8");
}

async function sumOf(file: NodeFile, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  const bytes = bytesOf(file);
  if (typeof bytes !== "string") return hash.update(bytes).digest("hex");
  await pipeline(createReadStream(bytes), hash, { signal }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new HotsiteError("no-such-file", `${file.path}: cannot read ${bytes}: ${messageOf(cause)}`, {
      cause,
    });
  });
  return hash.digest("hex");
}
