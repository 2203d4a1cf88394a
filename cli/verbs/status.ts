import { z } from "zod";
import { stateOf, type State } from "../../failover/state.ts";
import { frontDoor } from "../../lifecycle/protect.ts";
import { readStatus, type Status } from "../../lifecycle/status.ts";
import { findUnfinished } from "../../workflow/journal.ts";
import { openSession, type Session } from "../session.ts";
import { observedOf, statusText } from "../status-text.ts";
import { state, status } from "../outcomes/status.ts";
import type { Call, Outcome } from "../verb.ts";

/** A standby that is further behind than this is not called protected. */
const maxLagSeconds = 10;

/** What `--json` prints. */
export const outcome = status.extend({
  state: state.describe("the verdict"),
  url: z.string().optional().describe("where people reach the application"),
});

/** Says whether the application is protected, from what answers now. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const { world, config } = session;
  const status = await readStatus(world, signal);
  const state = await stateNow(session, status);
  const door = status.installed && config.application.traffic ? (await frontDoor(world)).href : undefined;
  return { text: statusText(status, state, door, Date.now()), json: { state, url: door, ...status } };
}

async function stateNow({ world, config: { application } }: Session, status: Status): Promise<State> {
  if (!status.installed)
    return { name: "UNPROTECTED", reason: "nothing is installed", next: "hotsite install" };
  if (application.replication === undefined) {
    return { name: "UNPROTECTED", reason: "the config has one site only, and no standby" };
  }
  const unfinished = await findUnfinished(world.store, application.name);
  return stateOf(status.facts, observedOf(status, unfinished?.record, maxLagSeconds));
}
