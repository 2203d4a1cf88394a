import { script } from "../../core/command.ts";
import type { Host } from "./hosts.ts";
import type { Pool } from "./pool.ts";
import { markOf, releaseText } from "./scripts.ts";

/**
 * Takes a claim off a host with all that is Hotsite's. What is left beyond that puts the host into quarantine: its names are given.
 * A host that another claim has is left alone. Repeatable.
 */
export async function release(
  pool: Pool,
  host: Host,
  claim: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const shell = await pool.shell(host, signal);
  const { stdout } = await shell.run(script(releaseText, host.user, claim, markOf(claim)), signal);
  const left = stdout.split("\n").filter((line) => line !== "");
  const { claim: known, abandoned } = await pool.memory.of(host.id);
  await pool.memory.change(host.id, {
    ...(known?.id === claim && { claim: undefined, poweredOff: false }),
    abandoned: abandoned.filter((id) => id !== claim),
    ...(left.length > 0 && { quarantine: leftBehind(left) }),
  });
  return left;
}

function leftBehind(left: readonly string[]) {
  return {
    reason: `it was not clean when it was given back (${left.slice(0, 8).join(" ")}${left.length > 8 ? " …" : ""})`,
    remedy: "remove what was left, then hotsite hosts release",
    atMs: Date.now(),
    byHand: false,
  };
}
