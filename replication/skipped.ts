import type { LinkOrder, SkipOrder } from "../core/protection.ts";
import { quoteString } from "./literal.ts";

/** Keeps who left out which transaction, when and why. */
export function skippedSql({ stream }: LinkOrder, sequence: number, { gtid, reason, by }: SkipOrder): string {
  const values = [quoteString(stream), quoteString(gtid), sequence, quoteString(by), quoteString(reason)];
  return `INSERT INTO hotsite.skipped (stream, gtid, sequence, skipped_by, reason) VALUES (${values.join(", ")})`;
}
