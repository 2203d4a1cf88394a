import { z } from "zod";
import { quote } from "../../remote/quote.ts";
import { inForeground } from "../foreground.ts";
import { sshAccess, type SshAccess } from "../ssh-access.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.strictObject({ node: z.string(), code: z.int().describe("how ssh ended") });

/** Hands the terminal to the system's ssh, with the application's key and the pinned host key. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  const [name = "", ...words] = call.operands;
  await using access = await sshAccess(call, name, signal);
  const code = await inForeground("ssh", sshArguments(access, words), call.output.json, signal);
  return { text: "", json: { node: name, code }, exitCode: code };
}

function sshArguments({ at, options }: SshAccess, words: readonly string[]): readonly string[] {
  const line = remoteLine(words, at.sudo === true);
  // sudo may ask for its password.
  const terminal = at.sudo === true && process.stdin.isTTY ? ["-t"] : [];
  return [
    ...[...terminal, ...options, "-p", String(at.port), "-l", at.user, at.host],
    ...(line === undefined ? [] : [line]),
  ];
}

/** One word is a line for the remote shell, as with ssh itself; several keep their borders. Undefined: a login shell, root's in any case. */
function remoteLine(words: readonly string[], sudo: boolean): string | undefined {
  const line = words.length > 1 ? words.map(quote).join(" ") : words[0];
  if (!sudo) return line;
  return line === undefined ? "exec sudo -i" : `exec sudo -H -- sh -c ${quote(line)}`;
}
