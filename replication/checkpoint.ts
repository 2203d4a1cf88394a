import { HotsiteError, RetryableError, StaleEpochError } from "../core/errors.ts";
import { formatPosition, includesPosition, ofOrigin, parsePosition } from "../core/position.ts";
import type { LinkOrder } from "../core/protection.ts";
import type { Flavour } from "./flavour.ts";
import { identityOf, type TargetIdentity } from "./identity.ts";
import { quoteString } from "./literal.ts";
import type { Target } from "./target.ts";

/** How far one stream is applied, as the target's own table says. */
export interface Applied {
  readonly sequence: number;
  /** Everything of the source that is in the target; empty while the first copy is not complete. */
  readonly position: string;
}

/**
 * The checkpoint of this order's stream; made at the stream's first start. It waits for whoever still writes under it. Throws
 * `StaleEpochError` when the target has seen this epoch's end, "diverged" when a stream without a copy would start on other data.
 */
export async function openCheckpoint(target: Target, order: LinkOrder): Promise<Applied> {
  const facts = await readFacts(target);
  refuseStale(order, facts);
  const stream = quoteString(order.stream);
  const lock = `SELECT CAST(sequence AS CHAR) AS sequence, position FROM hotsite.checkpoint WHERE stream = ${stream} FOR UPDATE`;
  // The wait for a row has a limit; that for a GTID which another session has on MySQL has none.
  await target.rows(lock);
  await target.run([...identityOf(facts).own(), "START TRANSACTION"].join(";\n"));
  const [kept] = await target.rows<{ sequence: string; position: string }>(lock);
  if (kept === undefined && order.begin === "stream") refuseOtherData(order, facts);
  const position = kept?.position ?? (order.begin === "stream" ? order.start : "");
  // Another processor may have made it in between: then the next start finds it.
  await target.run(
    `INSERT IGNORE INTO hotsite.checkpoint (stream, epoch, sequence, position)
     VALUES (${stream}, ${order.epoch}, 0, ${quoteString(position)}); COMMIT`,
  );
  return { sequence: Number(kept?.sequence ?? 0), position };
}

/** Moves the checkpoint inside the open transaction; finds no row when somebody else has moved it or a newer epoch was promoted here. */
export function moveSql(order: LinkOrder, from: number, to: Applied): string {
  return `UPDATE hotsite.checkpoint SET sequence = ${to.sequence}, position = ${quoteString(to.position)}, updated = NOW(3)
    WHERE stream = ${quoteString(order.stream)} AND epoch = ${order.epoch} AND sequence = ${from}
    AND NOT EXISTS (SELECT 1 FROM hotsite.authority WHERE authority.epoch >= ${order.epoch})`;
}

/** Keeps the checkpoint where it is until the open transaction ends; finds no row in the cases in which `moveSql` does. */
export function heldSql(order: LinkOrder, from: number): string {
  return `SELECT 1 INTO @hotsite_held FROM hotsite.checkpoint
    WHERE stream = ${quoteString(order.stream)} AND epoch = ${order.epoch} AND sequence = ${from}
    AND NOT EXISTS (SELECT 1 FROM hotsite.authority WHERE authority.epoch >= ${order.epoch}) LOCK IN SHARE MODE`;
}

/** What `moveSql` did not find: the next start finds out why. */
export function lostCheckpoint(order: LinkOrder): HotsiteError {
  return new RetryableError(
    "checkpoint-moved",
    `${order.stream}: another processor has moved the checkpoint`,
  );
}

/** What a target says of itself. */
export interface ServerFacts extends TargetIdentity {
  /** The newest epoch that was promoted on this server, and the newest that was streamed to it; 0 for none. */
  readonly promoted: number;
  readonly streamed: number;
}

export async function readFacts(target: Target): Promise<ServerFacts> {
  const { flavour } = target.version;
  const [facts] = await target.rows<Record<Exclude<keyof ServerFacts, "flavour">, string | number>>(
    `SELECT ${describedBy[flavour]}, @@GLOBAL.server_id AS serverId,
       COALESCE((SELECT MAX(epoch) FROM hotsite.authority), 0) AS promoted,
       COALESCE((SELECT MAX(epoch) FROM hotsite.checkpoint), 0) AS streamed`,
  );
  if (facts === undefined) throw new HotsiteError("target-failed", "the target says nothing of itself");
  return {
    flavour,
    origin: flavour === "mariadb" ? Number(facts.origin) : String(facts.origin),
    serverId: Number(facts.serverId),
    position: String(facts.position),
    promoted: Number(facts.promoted),
    streamed: Number(facts.streamed),
  };
}

/** Whose writes are its own, and everything in its binlog. */
const describedBy: Readonly<Record<Flavour, string>> = {
  mariadb: "@@GLOBAL.gtid_domain_id AS origin, @@GLOBAL.gtid_binlog_pos AS position",
  mysql: "@@GLOBAL.server_uuid AS origin, @@GLOBAL.gtid_executed AS position",
};

function refuseStale({ stream, epoch }: LinkOrder, { promoted, streamed }: ServerFacts): void {
  if (promoted >= epoch) {
    throw new StaleEpochError(
      `${stream}: the target was promoted under epoch ${promoted}, a stream of epoch ${epoch} may not write`,
      { hint: "the other site has to follow this one: hotsite reprotect" },
    );
  }
  if (streamed > epoch) {
    throw new StaleEpochError(
      `${stream}: the target follows a stream of epoch ${streamed}, epoch ${epoch} is over`,
    );
  }
}

/** What the target has written itself must be known to the source, or the two have different histories. Two kinds of servers know nothing of each other's. */
function refuseOtherData({ stream, start }: LinkOrder, { origin, position }: ServerFacts): void {
  const [from, own] = [parsePosition(start), ofOrigin(parsePosition(position), origin)];
  if (from.form !== "empty" && own.form !== "empty" && from.form !== own.form) return;
  if (includesPosition(from, own)) return;
  throw new HotsiteError(
    "diverged",
    `${stream}: the target has transactions of its own up to ${formatPosition(own)}, the source has them up to ${
      formatPosition(ofOrigin(from, origin)) || "none"
    }`,
    { hint: "replace the target's data by a first copy: hotsite reprotect", details: { position, start } },
  );
}
