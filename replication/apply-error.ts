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
      hint: remedyOf(cause) ?? hint,
    });
    this.sequence = seq;
  }
}

/** The same error with the transaction at which it came, which a person may want to skip. */
export function located(error: unknown, { stream }: LinkOrder, { seq, gtid }: RecordName): unknown {
  if (!(error instanceof HotsiteError) || error.code !== "diverged") return error;
  return new HotsiteError("diverged", `${stream}: record ${seq} (${gtid ?? "a copy"}): ${error.message}`, {
    ...{ cause: error, details: { ...error.details, sequence: seq, gtid } },
    ...(error.hint !== undefined && { hint: error.hint }),
  });
}

/** Not for another try: after one this statement would be the first, which a crash may have left so. */
export function usedGtid({ stream }: LinkOrder, { seq, gtid = "" }: RecordName): HotsiteError {
  return new HotsiteError(
    "diverged",
    `${stream}: record ${seq} (${gtid}): the target's binlog has this transaction already, its data does not: the target was taken back to an older state, or the source counts anew`,
    {
      hint: "make a new first copy: hotsite replication reseed",
      details: { sequence: seq, gtid },
    },
  );
}

const definerHint =
  "make the definer that it names, with its grants, at the target: SHOW CREATE USER and SHOW GRANTS at the source tell them; then resume";

const trustHint =
  "SET GLOBAL log_bin_trust_function_creators = ON at the target, and in its configuration; then resume";

/** What the target's own settings refuse, by the server's number of the error. */
const remedies: Readonly<Record<number, string>> = {
  1153: "SET GLOBAL max_allowed_packet = 1073741824 at the target, and in its configuration; then resume",
  ...{ 1418: trustHint, 1419: trustHint },
  // A trigger's definer has to be there, and to have the privilege.
  ...{ 1142: definerHint, 1449: definerHint },
};

function remedyOf(cause: unknown): string | undefined {
  return cause instanceof HotsiteError ? remedies[Number(cause.details["number"])] : undefined;
}
