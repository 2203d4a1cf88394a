import type { Command } from "../core/command.ts";
import { Secret } from "../core/secret.ts";
import { quote } from "./quote.ts";

/** A command with everything that it does, as lines for a person; what is fed to it in secret is named, not shown. */
export function exactCommand(command: Command): readonly string[] {
  switch (command.kind) {
    case "exec": {
      const env = Object.entries(command.env ?? {}).map(([name, value]) => `${name}=${word(value)}`);
      return [[...env, ...command.argv.map(word)].join(" "), ...fed(command.stdin)];
    }
    case "script":
      return [["sh -s", ...command.args.map(word)].join(" "), ...fed(command.text), ...fed(command.stdin)];
    case "all":
      return command.commands.flatMap(exactCommand);
    case "either":
      return [...exactCommand(command.first), ...orElse(command.second)];
    case "pipe":
      return command.commands.flatMap((part, index) =>
        index === 0 ? exactCommand(part) : [`| ${exactCommand(part).join("\n  ")}`],
      );
  }
}

function orElse(second: Command): readonly string[] {
  return ["or, when that fails:", ...exactCommand(second).map((line) => `  ${line}`)];
}

function fed(text: string | Secret | undefined): readonly string[] {
  if (text === undefined) return [];
  if (text instanceof Secret) return ["  < [secret]"];
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `  < ${line}`);
}

function word(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : quote(text);
}
