import { createHash } from "node:crypto";
import { all, either, feed, script, type Command, type NodeFile } from "../core/command.ts";
import { HotsiteError } from "../core/errors.ts";
import { Secret } from "../core/secret.ts";
import { CommandError, type RunOptions, type Shell } from "../core/shell.ts";
import { dropOthers, noteFiles } from "./file-lists.ts";
import { factsOf, fileFunctions, textOf, waitingPath, type FileFacts } from "./files.ts";
import { quote } from "./quote.ts";
import { redactor } from "./redact.ts";
import { base64, render } from "./render.ts";

/** One stage of a service on a node: files that should be there, and what to do when anything is new. */
export interface Stage {
  /** `<service>/<stage>`: where the node keeps its memory of it. */
  readonly name: string;
  readonly files: readonly NodeFile[];
  readonly commands: readonly Command[];
  /** What the stage stands for; by default its files and commands themselves. */
  readonly fingerprint?: string;
  /** Asked at each look: where it fails the stage is gone through again, whatever the node remembers. Says nothing. */
  readonly holds?: Command;
}

export interface StageOptions extends Pick<RunOptions, "onOutput"> {
  /** Runs the commands also when nothing is new. */
  readonly force?: boolean;
  /** Where the node remembers the stages that it has been through. Default `/var/lib/hotsite`. */
  readonly memory?: string;
}

export interface StageOutcome {
  /** Paths of the files that were not as they should be, in the order of the stage. */
  readonly changed: readonly string[];
  /** Whether the commands ran; false when the node has been through exactly this stage before. */
  readonly ran: boolean;
}

/** Where a node remembers what it has been through. */
export const defaultMemory = "/var/lib/hotsite";

/**
 * Brings a node to where a stage wants it, in one exchange: writes the files that differ, then runs the commands, unless nothing differed
 * and the node remembers this very stage. Files that the stage had before and no longer names are removed in the end. A stage that failed
 * or was cut off is not remembered, so the next attempt runs it whole.
 * Local files are uploaded before, in exchanges of their own.
 */
export async function applyStage(
  shell: Shell,
  stage: Stage,
  signal: AbortSignal,
  options: StageOptions = {},
): Promise<StageOutcome> {
  const memory = options.memory ?? defaultMemory;
  const record = recordPath(memory, stage.name);
  const facts = await factsOf(stage.files, signal);
  const fingerprint = fingerprintOf(stage, facts);
  const [local, inline] = [stage.files.filter(isLocal), stage.files.filter((file) => !isLocal(file))];
  const uploaded = await shell.upload(local, signal);

  const force = options.force === true || uploaded.length > 0;
  const put = feed(putScript(inline, facts, { record, force }), "sh", "-s", `files of ${stage.name}`);
  const paths = stage.files.map(({ path }) => path);
  const listed = (step: typeof noteFiles): readonly Command[] =>
    paths.length === 0 ? [] : [step(memory, stage.name, paths)];
  const remember = script(rememberText, record, fingerprint);
  // What runs may need its old files until the commands have stopped it.
  const apply = all(...listed(noteFiles), ...stage.commands, ...listed(dropOthers), remember);
  const holds = stage.holds === undefined ? [] : [either(stage.holds, script(lapsedText))];
  const known = all(...holds, script(knownText, record, fingerprint));
  const header = new Header(options.onOutput);
  const { stdout } = await shell
    .run(all(put, either(known, apply)), signal, { onOutput: header.take })
    .catch((error: unknown) => {
      throw redacted(error, stage.files, memory);
    });

  const [changed = "", verdict = ""] = stdout.split("\n");
  const written = new Set([
    ...uploaded,
    ...changed
      .split(" ")
      .filter((index) => index !== "")
      .map((index) => inline[Number(index)]?.path),
  ]);
  return {
    changed: paths.filter((path) => written.has(path)),
    ran: verdict === "new",
  };
}

/** What every stage that the node has been through stood for, by stage name; empty on a node that knows none. */
export async function readFingerprints(
  shell: Shell,
  signal: AbortSignal,
  memory = defaultMemory,
): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await shell.run(script(readText, memory), signal);
  const rows = stdout.split("\n").filter((row) => row !== "");
  return new Map(rows.map((row) => [row.slice(0, row.indexOf(" ")), row.slice(row.indexOf(" ") + 1)]));
}

/** What a stage stands for, for comparing with `readFingerprints`. */
export async function stageFingerprint(stage: Stage, signal: AbortSignal): Promise<string> {
  return fingerprintOf(stage, await factsOf(stage.files, signal));
}

/** The same, where the facts of its files are at hand. */
export function fingerprintOf({ fingerprint, commands }: Stage, facts: readonly FileFacts[]): string {
  if (fingerprint !== undefined) return fingerprint;
  const what = JSON.stringify([facts, render(all(...commands)).text]);
  return createHash("sha256").update(what).digest("hex");
}

/** Where a node keeps what it remembers of a stage. */
export function recordPath(memory: string, name: string): string {
  if (/^[A-Za-z0-9_-][\w.-]*\/[A-Za-z0-9_-][\w.-]*$/.test(name)) return `${memory}/${name}`;
  throw new HotsiteError("bad-stage", `${JSON.stringify(name)} is not the name of a stage`, {
    hint: "name it <service>/<stage>",
  });
}

/** The service in the name of a stage: several on one node may put the same file there at once. */
function serviceOf(record: string): string {
  return record.split("/").at(-2) ?? "";
}

/** Writes what differs and prints the indexes of it. The memory of the stage goes first: a crash right after must not look like success. */
export function putScript(
  files: readonly NodeFile[],
  facts: readonly FileFacts[],
  stage: { record: string; force: boolean },
): string {
  const puts = files.map((file, index) => {
    const fact = facts.find(({ path }) => path === file.path) ?? fail(file.path);
    const words = [
      fact.path,
      fact.sum,
      fact.mode,
      fact.owner,
      waitingPath(fact.path, serviceOf(stage.record)),
      String(index),
    ]
      .map(quote)
      .join(" ");
    return `hs_put ${words} <<'HOTSITE_EOF' || exit 1\n${base64(textOf(file))}\nHOTSITE_EOF`;
  });
  return `${fileFunctions}
hs_forget() { rm -f -- ${quote(stage.record)}; }
hs_put() {
  hs_same "$1" "$2" "$3" "$4" && return
  hs_forget && mkdir -p -- "\${1%/*}/" && rm -f -- "$5" || return
  (umask 077 && base64 -d >"$5") && hs_place "$1" "$2" "$3" "$4" "$5" && hs_changed="$hs_changed $6"
}
hs_changed=
${stage.force ? "hs_forget" : ""}
${puts.join("\n")}
echo "$hs_changed"
`;
}

const knownText = `# compare with the last time
if [ "$(cat -- "$1" 2>/dev/null)" = "$2" ]; then echo known; else echo new; exit 1; fi`;

const lapsedText = `# what was remembered holds no longer
echo new
exit 1`;

const rememberText = `# remember this stage
mkdir -p -- "\${1%/*}" && printf '%s\\n' "$2" >"$1.new" && mv -f -- "$1.new" "$1"`;

const readText = `# read what the node remembers
cd -- "$1" 2>/dev/null || exit 0
for record in */*; do
  [ ! -f "$record" ] || printf '%s %s\\n' "$record" "$(cat -- "$record")"
done`;

/** The first two lines of a stage's output are for us; the rest is the commands' own. */
class Header {
  readonly take: RunOptions["onOutput"];
  #lines = 2;

  constructor(onOutput: RunOptions["onOutput"]) {
    if (onOutput === undefined) return;
    this.take = (text, stream) => {
      const rest = stream === "stdout" ? this.#strip(text) : text;
      if (rest !== "") onOutput(rest, stream);
    };
  }

  #strip(text: string): string {
    let rest = text;
    while (this.#lines > 0 && rest.includes("\n")) {
      rest = rest.slice(rest.indexOf("\n") + 1);
      this.#lines -= 1;
    }
    return this.#lines > 0 ? "" : rest;
  }
}

/** A configuration check may quote the file that it read; none reads what is in the node's memory, which is made of everything else here. */
function redacted(error: unknown, files: readonly NodeFile[], memory: string): unknown {
  if (!(error instanceof CommandError)) return error;
  const secrets = files
    .filter(({ path }) => !path.startsWith(`${memory}/`))
    .map(({ content }) => content)
    .filter((content) => content instanceof Secret);
  const clean = redactor(secrets);
  const { node, command, exit, endedBy, stdout, stderr } = error;
  return new CommandError({ node, command, exit, endedBy, stdout: clean(stdout), stderr: clean(stderr) });
}

/** Whether a file is streamed from this machine instead of being sent as text. */
export function isLocal({ content }: NodeFile): boolean {
  return typeof content === "object" && "local" in content;
}

function fail(path: string): never {
  throw new TypeError(`no facts about ${path}`);
}
