import type { Command } from "../core/command.ts";
import { Secret } from "../core/secret.ts";

/** Shorter pieces are no secret, and blotting them out would make every message unreadable. */
const shortestPiece = 4;

/** Takes the secrets out of what a program says: each as a whole, each of its lines and each quoted string inside, as programs quote parts of what they were fed. */
export function redactor(secrets: readonly Secret[]): (text: string) => string {
  const pieces = [...new Set(secrets.flatMap((secret) => piecesOf(secret.reveal())))];
  const longestFirst = pieces.sort((one, other) => other.length - one.length);
  return (text) => longestFirst.reduce((rest, piece) => rest.replaceAll(piece, "[secret]"), text);
}

/** Every secret that a command feeds to a program. */
export function secretsIn(command: Command): readonly Secret[] {
  switch (command.kind) {
    case "exec":
    case "script":
      return command.stdin instanceof Secret ? [command.stdin] : [];
    case "either":
      return [...secretsIn(command.first), ...secretsIn(command.second)];
    case "all":
    case "pipe":
      return command.commands.flatMap(secretsIn);
  }
}

function piecesOf(text: string): string[] {
  const quoted = [...text.matchAll(/'([^'\n]*)'|"([^"\n]*)"/g)].map((match) => match[1] ?? match[2] ?? "");
  const rows = text.split("\n").map((row) => row.trim());
  return [text.trim(), ...rows, ...quoted].filter((piece) => piece.length >= shortestPiece);
}
