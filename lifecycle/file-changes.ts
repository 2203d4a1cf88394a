import type { NodeFile } from "../core/command.ts";
import { messageOf } from "../core/errors.ts";
import { Secret } from "../core/secret.ts";
import type { Shell } from "../core/shell.ts";
import { unifiedDiff } from "../core/unified-diff.ts";
import { readCopies, type NodeCopy } from "../remote/copies.ts";
import { redactor } from "../remote/redact.ts";

/** What an installation would do to one file of a node. */
export interface FileChange {
  readonly path: string;
  readonly change: "new" | "changed" | "same" | "unknown";
  /** Why there is no difference to show, or why the node could not be asked. */
  readonly note?: string;
  /** In unified form, secrets masked. */
  readonly diff?: string;
}

/** A node that does not answer must not hold up a plan. */
const ANSWER_MS = 15_000;

/** Every file as new: for a machine that is still to be launched. */
export function allNew(files: readonly NodeFile[]): readonly FileChange[] {
  return files.map(({ path }) => ({ path, change: "new" }));
}

/** The files of a service against those of a node, read in one exchange that changes nothing. */
export async function fileChanges(
  open: (signal: AbortSignal) => Promise<Shell>,
  files: readonly NodeFile[],
  secrets: readonly Secret[],
  signal: AbortSignal,
): Promise<readonly FileChange[]> {
  const soon = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  try {
    const copies = await readCopies(await open(soon), files, soon);
    const masked = redactor(secrets);
    return files.map((file) => changeOf(file, copies.get(file.path), masked));
  } catch (error) {
    signal.throwIfAborted();
    const note = messageOf(error).split("\n", 1)[0] ?? "";
    return files.map(({ path }) => ({ path, change: "unknown", note }));
  }
}

function changeOf(
  { path, content }: NodeFile,
  copy: NodeCopy | undefined,
  masked: (text: string) => string,
): FileChange {
  if (copy === undefined) return { path, change: "new" };
  if (copy.same) return { path, change: "same" };
  if (content instanceof Secret) return { path, change: "changed", note: "holds a secret: not shown" };
  if (typeof content !== "string") return { path, change: "changed", note: `becomes ${content.local}` };
  if (copy.text === undefined) return { path, change: "changed", note: "too large to be shown" };
  const diff = unifiedDiff(path, masked(copy.text), masked(content));
  return diff === ""
    ? { path, change: "changed", note: "other mode or owner" }
    : { path, change: "changed", diff };
}
