import { z } from "zod";
import { listSnapshots, removeSnapshot, type Snapshot } from "../../drivers/local/snapshot.ts";
import { confirm } from "../confirm.ts";
import { table } from "../table.ts";
import { ago } from "../time.ts";
import { exactly } from "../outcomes/exactly.ts";
import type { Call, Outcome } from "../verb.ts";

const snapshot = exactly<Snapshot>()(
  z.strictObject({
    name: z.string(),
    image: z.string().describe("for local({ image })"),
    sizeMb: z.number(),
    createdAt: z.string(),
  }),
);

/** What `--json` prints. */
export const outcome = z.union([
  z.strictObject({ snapshots: z.array(snapshot) }),
  z.strictObject({ removed: z.string() }),
]);

/** Lists the snapshots on this computer, or removes one. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  const { remove } = call.options;
  if (remove !== undefined) {
    await confirm(`Remove the snapshot ${remove}?`, call, signal);
    await removeSnapshot(remove, signal);
    return { text: `${remove} is removed`, json: { removed: remove } };
  }
  const snapshots = await listSnapshots(signal);
  const rows = snapshots.map(({ name, image, sizeMb, createdAt }) => [
    ...[name, ago(Date.parse(createdAt), Date.now()), `${sizeMb} MiB`, image],
  ]);
  const text =
    rows.length === 0
      ? "there are no snapshots on this computer"
      : table(["SNAPSHOT", "MADE", "SIZE", "IMAGE"], rows);
  return { text, json: { snapshots } };
}
