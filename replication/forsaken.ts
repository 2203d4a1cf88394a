import { createHash } from "node:crypto";
import type { LinkOrder } from "../core/protection.ts";
import { quoteString } from "./literal.ts";
import type { Target } from "./target.ts";

/** A processor works on its transactions without a break; while one waits for its next part this is long, too. */
const silentSeconds = 10;
/** More connections than a processor has, and one that was forsaken before. */
const places = Array.from({ length: 10 }, (_, place) => place);

/**
 * Marks the connection as one that writes under the order, for as long as it lives. The mark is a lock of the server with a name, which
 * needs no privilege and is in no way of anything else.
 */
export async function markWriter(target: Target, order: LinkOrder): Promise<void> {
  for (const place of places) {
    const [row] = await target.rows<{ got: string | number | null }>(
      `SELECT GET_LOCK(${markName(order, place)}, 0) AS got`,
    );
    if (Number(row?.got) === 1) return;
  }
}

/**
 * Ends marked connections whose client has been silent: when its computer or the way to it is gone without a word, the server keeps the
 * open transaction, with the lock on the checkpoint, for hours. A client that is alive after all connects again.
 */
export async function endForsaken(target: Target, order: LinkOrder): Promise<void> {
  const holders = places.map((place) => `SELECT IS_USED_LOCK(${markName(order, place)}) AS id`);
  const marked = new Set(
    (await target.rows<{ id: string | number | null }>(holders.join(" UNION ALL "))).flatMap(({ id }) =>
      id === null ? [] : [Number(id)],
    ),
  );
  if (marked.size === 0) return;
  // Without the privilege to see others it has those of our own user, which may be ended as well.
  const sessions = await target.rows<Session>("SHOW PROCESSLIST");
  for (const { Id, Command, Time } of sessions)
    if (marked.has(Number(Id)) && Command === "Sleep" && Number(Time) >= silentSeconds)
      await target.run(`KILL ${Number(Id)}`);
}

interface Session {
  readonly Id: string | number;
  readonly Command: string;
  readonly Time: string | number | null;
}

/** The server takes 64 characters. */
function markName({ stream }: LinkOrder, place: number): string {
  return quoteString(`hotsite/${createHash("md5").update(stream).digest("hex")}/${place}`);
}
