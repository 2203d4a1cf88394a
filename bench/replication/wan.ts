import { tell, type BenchContext } from "./context.ts";
import { rounded } from "./figures.ts";
import { ours } from "./ours.ts";
import { race } from "./race.ts";
import { openRelay } from "./relay.ts";
import type { Result } from "./result.ts";
import { openStage } from "./stage.ts";
import { mixed } from "./work.ts";

/** From one site to the other. */
const oneWayMs = 10;

/** Bytes that cross between the sites, both ways, beside what the source wrote to its binlog for the same transactions. */
export async function wanBytes(context: BenchContext): Promise<Result> {
  const { flavour, programs, signal } = context;
  await using stage = await openStage(flavour, mixed("wan", 20_000, 50_000), signal);
  await using relay = await openRelay(stage.source.port, oneWayMs);
  await race(stage, ours(programs, { sourcePort: relay.port }), signal);
  const figures = { wanMb: rounded(relay.bytes() / 1e6), binlogMb: rounded(stage.binlogBytes / 1e6) };
  tell(context, `wan: ${figures.wanMb} MB for ${figures.binlogMb} MB of binlog`);
  return {
    keys: { wanBytesVsBinlog: relay.bytes() / stage.binlogBytes },
    details: { wan: figures },
  };
}
