import { HotsiteError } from "../core/errors.ts";
import type { LinkOrder } from "../core/protection.ts";

export interface RecordName {
  readonly seq: number;
  readonly gtid?: string;
}

const compare =
  "compare the two databases: hotsite replication verify; then mend the target's row and resume, or make a new first copy";

/** The target does not take what the stream says: the two have different data, or the server refuses it. */
export class ApplyError extends HotsiteError {
  readonly sequence: number;

  constructor(order: LinkOrder, { seq, gtid }: RecordName, problem: string, cause?: unknown, hint = compare) {
    super("diverged", `${order.stream}: record ${seq}${gtid === undefined ? "" : ` (${gtid})`}: ${problem}`, {
      cause,
      details: { sequence: seq, gtid },
      hint,
    });
    this.sequence = seq;
  }
}
