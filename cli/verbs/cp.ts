import { existsSync } from "node:fs";
import { z } from "zod";
import { HotsiteError } from "../../core/errors.ts";
import { exitCodes } from "../exit.ts";
import { inForeground } from "../foreground.ts";
import { sshAccess, type SshAccess } from "../ssh-access.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.strictObject({
  node: z.string(),
  from: z.string(),
  to: z.string(),
  code: z.int().describe("how scp ended"),
});

/** Copies files or folders to a node or from it, with the system's scp. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  const [from = "", to = ""] = call.operands;
  const [source, target] = [placeOf(from), placeOf(to)];
  const node = source.node ?? target.node;
  if (node === undefined || (source.node !== undefined && target.node !== undefined)) {
    throw new HotsiteError(
      "usage",
      `one of the two must be on a node, the other on this computer: ${from} ${to}`,
      {
        hint: "write node:path for it, as in east/web-1:/etc/hosts",
      },
    );
  }
  if (source.node === undefined && !existsSync(source.path)) {
    throw new HotsiteError("usage", `${source.path} does not exist on this computer`);
  }
  await using access = await sshAccess(call, node, signal);
  const code = await inForeground("scp", scpArguments(access, [source, target]), call.output.json, signal);
  const text = code === 0 ? `${from} → ${to}` : "";
  // scp has codes of its own for what failed, 255 for a missing file among them.
  const exitCode = [exitCodes.ok, exitCodes.interrupted].find((known) => known === code) ?? exitCodes.failed;
  return { text, json: { node, from, to, code }, exitCode };
}

interface Place {
  /** Absent: this computer. */
  readonly node?: string;
  readonly path: string;
}

/** `east/web-1:/etc/hosts`; a path with a slash before its colon that is no node is written `./a:b`. */
export function placeOf(text: string): Place {
  const parts = /^([a-z][a-z0-9-]*\/[a-z][a-z0-9-]*):(.*)$/s.exec(text);
  return parts === null ? { path: text } : { node: parts[1], path: parts[2] ?? "" };
}

function scpArguments({ at, options }: SshAccess, places: readonly Place[]): readonly string[] {
  const host = at.host.includes(":") ? `[${at.host}]` : at.host;
  const named = places.map(({ node: there, path }) =>
    // A local name that holds a colon would be taken for a host.
    there === undefined ? (path.startsWith("/") ? path : `./${path}`) : `${at.user}@${host}:${path}`,
  );
  return [...options, "-P", String(at.port), "-r", "-p", "--", ...named];
}
