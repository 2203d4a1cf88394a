import { script, type NodeFile } from "../core/command.ts";
import type { Shell } from "../core/shell.ts";
import { factsOf } from "./files.ts";

/** A file as a node has it. */
export interface NodeCopy {
  /** Bytes, mode and owner are what they should be. */
  readonly same: boolean;
  /** Undefined where it is too large to be shown, or a local file that is only compared. */
  readonly text?: string;
}

/** Files beyond this are compared and not read. */
const LARGEST_SHOWN = 128 * 1024;

/** What a node has of these files, in one exchange that changes nothing. Files that it does not have are left out. */
export async function readCopies(
  shell: Shell,
  files: readonly NodeFile[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, NodeCopy>> {
  if (files.length === 0) return new Map();
  const facts = await factsOf(files, signal);
  const args = facts.flatMap(({ path, sum, mode, owner }, index) => {
    const content = files[index]?.content;
    const shown = typeof content === "string" ? LARGEST_SHOWN : 0;
    return [path, sum, mode, owner, String(shown)];
  });
  const { stdout } = await shell.run(script(readText, ...args), signal);
  const rows = stdout.split("\n").filter((row) => row !== "");
  return new Map(
    rows.map((row) => {
      const [index = "", verdict, text] = row.split(" ");
      const copy = { same: verdict === "same", ...(text === undefined ? {} : { text: decoded(text) }) };
      return [facts[Number(index)]?.path ?? "", copy];
    }),
  );
}

function decoded(text: string): string {
  return Buffer.from(text.slice(1), "base64").toString("utf8");
}

/** The dash tells an empty file from one that is not shown. */
const readText = `# read files to compare them
n=0
while [ $# -gt 0 ]; do
  if [ -e "$1" ]; then
    case $4 in :) hs_owner=: ;; :*) hs_owner=:%G ;; *:) hs_owner=%U: ;; *) hs_owner=%U:%G ;; esac
    hs_state=differs
    if [ -f "$1" ] && [ "$(stat -c "%a $hs_owner" -- "$1")" = "$3 $4" ] && [ "$(sha256sum <"$1")" = "$2  -" ]; then
      hs_state=same
    fi
    printf '%s %s' "$n" "$hs_state"
    if [ "$hs_state" = differs ] && [ -f "$1" ] && [ "$(stat -c %s -- "$1")" -lt "$5" ]; then
      printf ' -%s' "$(base64 -w0 <"$1")"
    fi
    echo
  fi
  n=$((n + 1))
  shift 5
done`;
