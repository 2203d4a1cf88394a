import type { Command } from "../core/command.ts";
import { HotsiteError } from "../core/errors.ts";
import { Secret } from "../core/secret.ts";
import { quote } from "./quote.ts";

/** A command that a rendered script runs on its own: it can be named when it fails. */
export type Leaf = Exclude<Command, { kind: "all" | "either" }>;

/** The text of a script and what its parts are. */
export interface Rendering {
  /** Leaves its exit status in `$hs` and the number of the leaf that ran last in `$hs_at`. */
  readonly text: string;
  readonly leaves: readonly Leaf[];
}

/**
 * A command as POSIX shell text. Made of plain statements only, never of `&&`, `||` or `if` around a command: those would switch off
 * a `set -e` inside a script. What a program reads comes as base64 in a here-document, so that it is in no argument and no environment.
 */
export function render(command: Command): Rendering {
  const leaves: Leaf[] = [];
  const text = renderPart(command, leaves);
  return { text, leaves };
}

function renderPart(command: Command, leaves: Leaf[]): string {
  switch (command.kind) {
    case "all":
      return lines("hs=0", ...command.commands.map((part) => guard("-eq", renderPart(part, leaves))));
    case "either":
      return lines(renderPart(command.first, leaves), guard("-ne", renderPart(command.second, leaves)));
    default:
      leaves.push(command);
      return lines(`hs_at=${leaves.length - 1}`, renderLeaf(command), "hs=$?");
  }
}

/** `if` tells success when its condition does not hold, so the status lives in `$hs`. */
function guard(condition: "-eq" | "-ne", body: string): string {
  return lines(`if [ "$hs" ${condition} 0 ]; then`, body, "fi");
}

function renderLeaf(command: Leaf): string {
  switch (command.kind) {
    case "exec":
      return fed(command.stdin, execLine(command.argv, command.env ?? {}));
    case "script":
      return fed(
        command.stdin,
        lines("(", `set -- ${command.args.map(quote).join(" ")}`, `eval ${quote(command.text)}`, ")"),
      );
    case "pipe":
      return renderPipe(command.commands);
  }
}

function execLine(argv: readonly string[], env: Readonly<Record<string, string>>): string {
  if (argv[0] === undefined || argv[0] === "")
    throw new HotsiteError("bad-argument", "a command has no program");
  const assignments = Object.entries(env).map(([name, value]) => `${variable(name)}=${quote(value)}`);
  return [...assignments, ...argv.map(quote)].join(" ");
}

function variable(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name;
  throw new HotsiteError(
    "bad-argument",
    `${JSON.stringify(name)} cannot be the name of an environment variable`,
  );
}

function fed(stdin: string | Secret | undefined, consumer: string): string {
  if (stdin === undefined) return consumer;
  const text = stdin instanceof Secret ? stdin.reveal() : stdin;
  return lines("{ base64 -d <<'HOTSITE_EOF'", base64(text), "HOTSITE_EOF", `} | ${consumer}`);
}

/** Base64 in lines as `base64` itself breaks them: some programs refuse very long ones. The alphabet lacks `_`, so no line ends the here-document. */
export function base64(text: string): string {
  return Buffer.from(text, "utf8")
    .toString("base64")
    .replaceAll(/.{76}(?=.)/g, "$&\n");
}

/**
 * Fails when any part fails, which plain `a | b` hides. A part that was ended by SIGPIPE (141) only had more to say than was read.
 * Each part reports its status on descriptor 3; 4 is the pipe's own output; the parts themselves get neither.
 */
function renderPipe(commands: readonly Command[]): string {
  const parts = commands.map((part) =>
    lines("{ (", renderPart(part, []), 'exit "$hs"', ') 3>&- 4>&-; echo "$?" >&3; }'),
  );
  if (parts.length === 0) return ":";
  return lines(
    "(",
    "exec 4>&1",
    "hs_all=$({ {",
    parts.join(" | "),
    "} >&4; } 3>&1)",
    "for hs in $hs_all; do",
    'case "$hs" in 0 | 141) ;; *) exit "$hs" ;; esac',
    "done",
    ")",
  );
}

function lines(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n");
}
