import type { Facts } from "../lifecycle/facts.ts";
import { check, enforce, type Guard } from "./guards.ts";
import { stateOf } from "./state.ts";
import type { ProtectionWorld } from "./world.ts";

/** Throws `PreflightError` with everything that must be mended before a drill proves anything. */
export async function steadyState(world: ProtectionWorld, facts: Facts, signal: AbortSignal): Promise<void> {
  enforce("drill", await steadyGuards(world, facts, signal));
}

/** Whether everything is well, each with what was found. Changes nothing. */
export async function steadyGuards(
  world: ProtectionWorld,
  facts: Facts,
  signal: AbortSignal,
): Promise<readonly Guard[]> {
  const { activeSite, standbySite } = facts;
  const [answer, authority, source, target, link] = await Promise.all([
    world.ask(signal),
    world.witness.authority(signal),
    world.database(activeSite).state(signal),
    world.database(standbySite).state(signal),
    world.link(standbySite).status(signal),
  ]);
  const writable = [...(source.writable ? [activeSite] : []), ...(target.writable ? [standbySite] : [])];
  const state = stateOf(
    { ...facts, drill: null },
    { operation: undefined, authority, link: link ?? null, writable, maxLagSeconds: MAX_LAG_SECONDS },
  );
  return [
    check(
      "no other drill",
      facts.drill === null,
      facts.drill === null ? "none" : `drill ${facts.drill.id} was not finished`,
      "hotsite drill --recover",
    ),
    check("client", answer.ok, `${world.endpoint.href}: ${answer.outcome}`, "hotsite status"),
    check(
      "protected",
      state.name === "PROTECTED",
      `${state.name}${state.reason === "" ? "" : `: ${state.reason}`}`,
      state.next ?? "hotsite status",
    ),
    check("primary", source.writable, `${activeSite}: ${source.writable ? "writable" : "read-only"}`),
  ];
}

/** Heartbeats come each second; more than a few of them late is no steady state. */
const MAX_LAG_SECONDS = 5;
