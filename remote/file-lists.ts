import type { Command } from "../core/command.ts";

/** Notes that a stage has these files, besides those that it had. The lists lie in `<memory>/.files`, one a stage. Repeatable. */
export function noteFiles(memory: string, stage: string, paths: readonly string[]): Command {
  return withLines(NOTE, [`${memory}/.files/${stage}`], paths);
}

/** Removes the noted files of a stage that are not among these, unless another stage of the node has them. Repeatable. */
export function dropOthers(memory: string, stage: string, paths: readonly string[]): Command {
  return withLines(DROP, [`${memory}/.files`, stage], paths);
}

/** Removes files of a service, but for those that another service of the node has. Repeatable. */
export function giveUpFiles(memory: string, service: string, paths: readonly string[]): Command {
  return withLines(GIVE_UP, [`${memory}/.files`, service], paths);
}

/** An application may have more files than fit into arguments. */
function withLines(text: string, args: readonly string[], paths: readonly string[]): Command {
  return { kind: "script", text, args, stdin: paths.map((path) => `${path}\n`).join("") };
}

const NOTE = `# note which files there are
mkdir -p -- "\${1%/*}" && cat >>"$1"`;

const DROP = `# remove files that are no longer wanted
list=$1/$2
cat >"$list.new" || exit 1
{ cat -- "$list.new"; find "$1" -type f ! -path "$list" -exec cat {} +; } | grep -vxF -f - -- "$list" |
  while IFS= read -r path; do rm -f -- "$path"; done
mv -f -- "$list.new" "$list"`;

const GIVE_UP = `# remove files that no other service wants
others=$(mktemp) || exit 1
trap 'rm -f -- "$others"' EXIT
[ ! -d "$1" ] || find "$1" -type f ! -path "$1/$2/*" -exec cat {} + >"$others"
grep -vxF -f "$others" | while IFS= read -r path; do rm -f -- "$path"; done
rm -rf -- "\${1:?}/$2"
rmdir -- "$1" 2>/dev/null || :`;
