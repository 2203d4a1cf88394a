import type { DrillRun } from "./drill.ts";
import { needFacts } from "../lifecycle/facts.ts";
import { lossOf } from "./loss.ts";

/** What the databases hold afterwards: the ledger on the primary, what the old one had alone, and both compared row by row. */
export async function examine(
  { world, findings, host, options }: DrillRun,
  signal: AbortSignal,
): Promise<void> {
  const { activeSite, standbySite, epoch } = await needFacts(world);
  await using ledger = await world.ledger(activeSite, signal);
  findings.present = [...(await ledger.entries(findings.id, signal))];
  if (options.kind === "site-power-off") findings.loss = await lossOf(world, epoch);
  findings.tables = [...(await world.verify(activeSite, standbySite, signal))];
  host.say(`compared ${findings.tables.length} tables of ${activeSite} and ${standbySite}`);
}
