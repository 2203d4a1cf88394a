import { HotsiteError } from "../core/errors.ts";
import type { PreparedByXa } from "../core/protection.ts";
import { check, type Guard } from "./guards.ts";
import type { ProtectionWorld } from "./world.ts";

/** The guard's name. */
export const UNDECIDED = "undecided";

/** What is decided within a moment is in use; a coordinator that has not come back for longer has forgotten it, or is away. */
const IN_USE_MS = 10_000;

const remedy = "decide: hotsite replication undecided";

/**
 * What XA has prepared stays behind when the primary changes: its rows are at the old one alone, and whoever commits it later commits nothing.
 * A switchover does not begin with any that is old. What is new then is decided while requests in progress end.
 */
export async function undecidedGuard(
  world: ProtectionWorld,
  site: string,
  prepared: readonly PreparedByXa[],
  signal: AbortSignal,
): Promise<Guard> {
  const old = prepared.filter(({ preparedMs }) => world.clock.now() - preparedMs > IN_USE_MS);
  const present = old.length === 0 ? [] : await world.database(site).undecided(signal);
  const left = old.map(({ xid }) => xid).filter((xid) => present.includes(xid));
  return check(
    UNDECIDED,
    left.length === 0,
    left.length === 0 ? `${site}: nothing` : said(site, left),
    remedy,
  );
}

/** The same of a database that is frozen. Throws `HotsiteError` "undecided". */
export async function refuseUndecided(
  world: ProtectionWorld,
  site: string,
  signal: AbortSignal,
): Promise<void> {
  const left = await world.database(site).undecided(signal);
  if (left.length > 0) throw new HotsiteError("undecided", said(site, left), { hint: remedy });
}

/** At a database that will follow another one, where they would keep locks that nobody gives up. Repeatable. */
export async function rollBackUndecided(
  world: ProtectionWorld,
  site: string,
  reason: string,
  signal: AbortSignal,
): Promise<void> {
  const database = world.database(site);
  for (const xid of await database.undecided(signal)) {
    await database.decide({ xid, decision: "roll back", reason, by: "hotsite" }, signal);
  }
}

function said(site: string, left: readonly string[]): string {
  const more = left.length > SHOWN ? `, and ${left.length - SHOWN} more` : "";
  return `${site} has ${left.length} transactions prepared by XA that nobody has decided on: ${left.slice(0, SHOWN).join(" ")}${more}`;
}

const SHOWN = 5;
