import { StaleEpochError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { originOf, type Origin } from "../core/position.ts";
import type { LinkOrder } from "../core/protection.ts";
import { readLogged } from "./logged-batch.ts";
import type { CopyProgress, PreparedTransaction } from "./record.ts";

/** Where a feeder goes on. */
export interface ResumePoint {
  /** Number of the next record. */
  readonly next: number;
  /** GTID position of the source after what is in the log; undefined while nothing is and a copy has to begin. */
  readonly position: string | undefined;
  /** Whose transactions were read last; undefined while there are none. Another server may stand in for that one by now. */
  readonly origin?: Origin;
  readonly copy?: CopyProgress;
  /** Prepared at the source before that, and undecided. */
  readonly prepared?: readonly PreparedTransaction[];
  /** The log ends in the middle of a transaction. */
  readonly unfinished: boolean;
}

/** The log's tail says everything: the feeder keeps nothing of its own. Throws `StaleEpochError` when a newer epoch has written. */
export async function resumePoint(log: Log, order: LinkOrder): Promise<ResumePoint> {
  const tail = await log.tail();
  if (tail === undefined) {
    return { next: 1, position: order.begin === "copy" ? undefined : order.start, unfinished: false };
  }
  if (tail.epoch > order.epoch)
    throw new StaleEpochError(
      `${order.stream}: epoch ${order.epoch} is over, epoch ${tail.epoch} has written`,
    );
  const { position, records, copy, prepared } = readLogged(tail);
  const last = records.at(-1);
  const unfinished = last?.kind === "transaction" && !last.last;
  const read = records.findLast((record) => record.kind === "transaction");
  return {
    ...{ next: tail.last + 1, position, unfinished },
    ...(read !== undefined && { origin: originOf(read.gtid) }),
    ...(copy !== undefined && { copy }),
    ...(prepared !== undefined && { prepared }),
  };
}
