import { all, file, script, type Command, type NodeFile } from "../core/command.ts";
import { Secret } from "../core/secret.ts";
import { defaultMemory, isLocal, putScript } from "./exchange.ts";
import { factsOf, waitingPath } from "./files.ts";
import { quote } from "./quote.ts";
import { render } from "./render.ts";

/** What a service is on its node, so that the node can make itself so again. */
export interface Standing {
  readonly service: string;
  /** The stage whose memory goes with it: `web/configure`. */
  readonly stage: string;
  readonly files: readonly NodeFile[];
  /** Everything that makes the files count, with the service stopped at its end. */
  readonly apply: readonly Command[];
  readonly start: readonly Command[];
  readonly ready: Command;
  /** Where the node remembers such things. Default `/var/lib/hotsite`. */
  readonly memory?: string;
}

/** Exit code of `keepStanding` on a node that was never told how its service stands. */
export const NOTHING_TO_KEEP = 66;

/**
 * A script that belongs to the service's own files: the node can go back to this without anybody remembering what it was. Small texts are
 * in it; of bigger files it keeps the copies that are there, which cost no space as long as they are.
 */
export async function standingFile(standing: Standing, signal: AbortSignal): Promise<NodeFile> {
  const { service, stage, files, apply, start, ready, memory = defaultMemory } = standing;
  const inline = files.filter((each) => !isLocal(each));
  const local = files.filter(isLocal).map(({ path }) => path);
  const path = scriptPath(memory, service);
  const put = putScript(inline, await factsOf(inline, signal), { record: `${memory}/${stage}`, force: true });
  const text = `# Written by hotsite: makes this node what it was when this was written.
hs_own() {
  case $1 in ${[path, ...files.map((each) => each.path)].map(quote).join(" | ")}) return 0 ;; esac
  return 1
}
hs_keep() { ln -- "$2" "$kept/$1" 2>/dev/null || cp -p -- "$2" "$kept/$1"; }
hs_back() {
  cmp -s -- "$kept/$1" "$2" && return
  mkdir -p -- "\${2%/*}/" && cp -p -- "$kept/$1" "$3" && mv -fT -- "$3" "$2"
}
what=$1 kept=$2 start=$3
if [ "$what" = keep ]; then
${local.map((each, index) => `hs_keep ${index} ${quote(each)} || exit 1`).join("\n")}
exit 0
elif [ "$what" = ready ]; then
${render(ready).text}
exit "$hs"
elif [ "$what" = leave ]; then
shift 3
[ $# -gt 0 ] || exit 0
for hs_path in ${[...files.map((each) => quote(each.path))].join(" ")}; do
  for hs_other; do [ "$hs_path" != "$hs_other" ] || continue 2; done
  rm -f -- "$hs_path"
done
exit 0
fi
shift 3
for hs_path; do hs_own "$hs_path" || rm -f -- "$hs_path"; done
${put}
${local.map((each, index) => `hs_back ${index} ${quote(each)} ${quote(waitingPath(each))} || exit 1`).join("\n")}
${render(all(...apply)).text}
[ "$hs" -eq 0 ] || exit "$hs"
if [ "$start" = start ]; then
${render(all(...start)).text}
[ "$hs" -eq 0 ] || exit "$hs"
fi
cp -p -- "$kept/again" ${quote(`${path}.new`)} && mv -f -- ${quote(`${path}.new`)} ${quote(path)} || exit 1
cp -p -- "$kept/record" ${quote(`${memory}/${stage}.new`)} && mv -f -- ${quote(`${memory}/${stage}.new`)} ${quote(`${memory}/${stage}`)}
`;
  return file(path, new Secret(text), { mode: 0o600 });
}

/** What is kept of a service, under the name of a run. */
export interface Kept {
  readonly service: string;
  readonly run: string;
  /** As in `Standing`. */
  readonly memory?: string;
}

/** Keeps what the service is now; whatever was kept for other runs goes. Repeatable. Exits with `NOTHING_TO_KEEP` where nothing is known. */
export function keepStanding(kept: Kept, stage: string): Command {
  const { service, memory = defaultMemory } = kept;
  return script(KEEP, scriptPath(memory, service), `${memory}/${stage}`, keptPath(kept));
}

/** Removes files that the service has and that `files` does not name. */
export function leaveStanding(kept: Kept, files: readonly string[]): Command {
  return fromKept(kept, "leave", "-", files);
}

/** Makes the service again what was kept; of `files`, those that it had not are removed. With `start` it runs in the end, else it does not. Repeatable. */
export function goBack(kept: Kept, files: readonly string[], start: boolean): Command {
  return fromKept(kept, "back", start ? "start" : "-", files);
}

/** Whether what was kept is ready, by its own measure. */
export function keptIsReady(kept: Kept): Command {
  return fromKept(kept, "ready", "-", []);
}

/** Nobody will go back any more. Repeatable. */
export function forgetKept(kept: Kept): Command {
  return script('rm -rf -- "$1" "$1.new"', keptPath(kept));
}

function fromKept(kept: Kept, what: string, start: string, files: readonly string[]): Command {
  return script(FROM_KEPT, keptPath(kept), what, start, ...files);
}

function scriptPath(memory: string, service: string): string {
  return `${memory}/${service}/.again`;
}

function keptPath({ service, run, memory = defaultMemory }: Kept): string {
  return `${memory}/${service}/.kept-${run}`;
}

const FROM_KEPT = `# use what was kept
kept=$1 what=$2 start=$3
shift 3
exec sh "$kept/again" "$what" "$kept" "$start" "$@"`;

const KEEP = `# keep what runs
[ ! -e "$3" ] || exit 0
[ -f "$1" ] && [ -f "$2" ] || { echo "nothing is known of what runs here" >&2; exit ${NOTHING_TO_KEEP}; }
rm -rf -- "\${3%/*}"/.kept-* || exit 1
mkdir -m 700 -- "$3.new" && cp -p -- "$1" "$3.new/again" && cp -p -- "$2" "$3.new/record" || exit 1
sh "$3.new/again" keep "$3.new" - && mv -fT -- "$3.new" "$3"`;
