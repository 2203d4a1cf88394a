import { randomBytes } from "node:crypto";
import type { Sudo } from "../core/ssh.ts";
import { quote } from "./quote.ts";

/** What sshd is asked to start, and what its standard input begins with. */
export interface Opening {
  readonly line: string;
  /** A password, maybe: never for a log. */
  readonly first: string;
}

/** Drops lines until the one that is its own name, then becomes the program that follows. */
const skipText = 'while IFS= read -r line && [ "$line" != "$0" ]; do :; done; exec "$@"';

/**
 * Starts a program on a node: as the user who logs in, or as root. sudo may know already that the user is there, or be told never to ask:
 * then nobody takes the password from standard input, and the program would. So a marked line ends what is meant for sudo.
 */
export function openingOf(sudo: Sudo | undefined, program: string, ...args: readonly string[]): Opening {
  const words = [program, ...args].map(quote).join(" ");
  if (sudo === undefined) return { line: `exec ${words}`, first: "" };
  if (sudo.password === undefined) return { line: `exec sudo -n -H -- ${words}`, first: "" };
  const mark = randomBytes(9).toString("hex");
  return {
    line: `exec sudo -S -H -p '' -- sh -c ${quote(skipText)} ${mark} ${words}`,
    first: `${sudo.password.reveal()}\n${mark}\n`,
  };
}
