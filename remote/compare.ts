import { createHash } from "node:crypto";
import { all, either, script, type Command } from "../core/command.ts";
import type { Shell } from "../core/shell.ts";
import { defaultMemory, fingerprintOf, recordPath, type Stage } from "./exchange.ts";
import { factsOf, type FileFacts } from "./files.ts";
import { quote } from "./quote.ts";

/** How a node stands beside some stages: as they would leave it, otherwise, or it has never been through the first one. */
export type StageState = "same" | "differs" | "absent";

/** Exit codes of a comparison. */
const DIFFERS = 77;
const ABSENT = 78;

/** What `stat` calls a regular file in the type bits of its mode. */
const REGULAR = 0x8000;

/** Compares a node with stages. Changes nothing; one exchange. */
export async function stageState(
  shell: Shell,
  stages: readonly Stage[],
  signal: AbortSignal,
  memory = defaultMemory,
): Promise<StageState> {
  const { code } = await shell.run(await sameAs(stages, signal, memory), signal, {
    accept: [0, DIFFERS, ABSENT],
  });
  return code === 0 ? "same" : code === ABSENT ? "absent" : "differs";
}

/** A command that succeeds on a node that is as the stages would leave it. Changes nothing. */
export async function sameAs(
  stages: readonly Stage[],
  signal: AbortSignal,
  memory = defaultMemory,
): Promise<Command> {
  const questions: Command[] = [];
  for (const [index, stage] of stages.entries()) {
    const facts = await factsOf(stage.files, signal);
    const words = [
      ...[recordPath(memory, stage.name), String(index === 0 ? ABSENT : DIFFERS)],
      ...[fingerprintOf(stage, facts), digestOf(facts)],
    ];
    questions.push(script(sameText(facts), ...words));
    if (stage.holds !== undefined) questions.push(either(stage.holds, script(`exit "$1"`, String(DIFFERS))));
  }
  return all(...questions);
}

/** $1: where the stage is remembered, $2: the exit code when it is not, $3: its fingerprint, $4: the digest of what its files should be. */
function sameText(facts: readonly FileFacts[]): string {
  return `# compare, and leave as it is
[ -f "$1" ] || exit "$2"
hs_known=
read -r hs_known <"$1"
[ "$hs_known" = "$3" ] || exit ${DIFFERS}
hs_each() { printf '%s\\0' "$@" | xargs -0 $hs_call; }
hs_files() {
${questionsAbout(facts).join("\n")}
}
[ -z "$4" ] || [ "$(hs_files 2>/dev/null | sha256sum)" = "$4  -" ] || exit ${DIFFERS}`;
}

/** One process for all files of a kind, however many there are: an application may have thousands, and starting a program costs more than reading one. */
function questionsAbout(facts: readonly FileFacts[]): readonly string[] {
  if (facts.length === 0) return [":"];
  const stats = byOwnerFormat(facts).map(
    ([format, group]) => `hs_call="stat --printf %f:${format}\\\\0 --" hs_each ${words(group)}`,
  );
  return [...stats, `hs_call="sha256sum -z --" hs_each ${words(facts)}`];
}

/** What those questions print on a node where all is as it should be. */
function digestOf(facts: readonly FileFacts[]): string {
  if (facts.length === 0) return "";
  const modes = byOwnerFormat(facts).flatMap(([, group]) =>
    group.map(({ mode, owner }) => `${(REGULAR | Number.parseInt(mode, 8)).toString(16)}:${owner}\0`),
  );
  const sums = facts.map(({ path, sum }) => `${sum}  ${path}\0`);
  return createHash("sha256")
    .update([...modes, ...sums].join(""))
    .digest("hex");
}

/** Files by what is asked about their owner: nobody asks for the half that is not given. */
function byOwnerFormat(facts: readonly FileFacts[]): readonly (readonly [string, readonly FileFacts[]])[] {
  const groups = new Map<string, FileFacts[]>();
  for (const fact of facts) {
    const [user, group] = fact.owner.split(":");
    const format = `${user === "" ? "" : "%U"}:${group === "" ? "" : "%G"}`;
    groups.set(format, [...(groups.get(format) ?? []), fact]);
  }
  return [...groups];
}

function words(facts: readonly FileFacts[]): string {
  return facts.map(({ path }) => quote(path)).join(" ");
}
