import type { Store } from "../core/store.ts";
import { findUnfinished } from "./journal.ts";
import { keys, parseRun, parseStep, type RunRecord, type StepRecord } from "./records.ts";

/** One run with its steps in their order; `ms` is absent for what has not ended. */
export interface RunHistory extends RunRecord {
  readonly ms?: number;
  readonly steps: readonly (StepRecord & { readonly ms?: number })[];
}

/** All runs of an application, oldest first. */
export async function history(store: Store, application: string): Promise<readonly RunHistory[]> {
  const prefix = keys.runs(application);
  const runs = new Map<string, { record: RunRecord; steps: StepRecord[] }>();
  // A run's key is a prefix of its steps' keys, so it comes before them.
  for (const { key, value } of await store.list(prefix)) {
    const [id = "", ...rest] = key.slice(prefix.length).split("/");
    if (rest.length === 0) runs.set(id, { record: parseRun(value), steps: [] });
    else runs.get(id)?.steps.push(parseStep(value));
  }
  return [...runs.values()].map(({ record, steps }) => ({ ...withMs(record), steps: steps.map(withMs) }));
}

/** The run that was interrupted, is stuck, or is active in another process; undefined when there is none. */
export async function unfinishedRun(store: Store, application: string): Promise<RunHistory | undefined> {
  const found = await findUnfinished(store, application);
  if (found === undefined) return undefined;
  return (await history(store, application)).find(({ id }) => id === found.record.id);
}

function withMs<T extends { startedAt: number; endedAt?: number }>(record: T): T & { ms?: number } {
  return record.endedAt === undefined ? record : { ...record, ms: record.endedAt - record.startedAt };
}
