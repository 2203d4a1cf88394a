import type { Command } from "../core/command.ts";
import { Secret } from "../core/secret.ts";
import { quote } from "./quote.ts";

const mostCharactersPerWord = 80;

/** A command as a person reads it in a plan, a log or an error; never holds what a program is fed, secret or not. */
export function describeCommand(command: Command): string {
  switch (command.kind) {
    case "exec": {
      const env = Object.entries(command.env ?? {}).map(([name, value]) => `${name}=${word(value)}`);
      return [...env, ...command.argv.map(word)].join(" ") + fedWith(command.stdin);
    }
    case "script":
      return [firstLine(command.text), ...command.args.map(word)].join(" ") + fedWith(command.stdin);
    case "all":
      return joined(command.commands, " && ");
    case "either":
      return joined([command.first, command.second], " || ");
    case "pipe":
      return joined(command.commands, " | ");
  }
}

function joined(commands: readonly Command[], separator: string): string {
  const single = (part: Command): boolean => part.kind === "exec" || part.kind === "script";
  return commands
    .map((part) => (single(part) ? describeCommand(part) : `(${describeCommand(part)})`))
    .join(separator);
}

/** Quoted only where a shell would need it. */
function word(whole: string): string {
  const text = whole.length > mostCharactersPerWord ? `${whole.slice(0, mostCharactersPerWord)}…` : whole;
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : quote(text);
}

/** The first line that does something, or the comment that leads the script; shell options alone do nothing. */
function firstLine(text: string): string {
  const rows = text
    .split("\n")
    .map((row) => row.trim())
    .filter((row) => row !== "" && !/^set -\S+$/.test(row));
  const [first = "", ...more] = rows;
  return more.length === 0 ? first : `${first.replace(/^#\s*/, "")} …`;
}

function fedWith(stdin: string | Secret | undefined): string {
  if (stdin === undefined) return "";
  return stdin instanceof Secret ? " < [secret]" : ` < (${stdin.length} characters)`;
}
