import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Chain, isAnchor, type Placed } from "../../replication/log/kafka-chain.ts";
import { decodeFrame, encodeFrame } from "../../replication/log/kafka-frame.ts";

const frame = (after: bigint, first = 1, epoch = 1) => ({
  ...{ epoch, first, last: first, after, payload: Buffer.alloc(0) },
});

/** What a writer that sees the log up to `seen` records of the topic would send. */
function sent(topic: readonly Placed[], seen: number): Placed {
  const chain = new Chain();
  for (const record of topic.slice(0, seen)) chain.push(record);
  const first = (chain.end?.frame.last ?? 0) + 1;
  return { offset: BigInt(topic.length), frame: frame(chain.after, first) };
}

describe("which records of a topic are the log", () => {
  test("writers with any view of it, and any repetition, make one dense sequence for every reader", () => {
    const writes = fc.array(fc.record({ behind: fc.nat(4), again: fc.boolean() }), { maxLength: 60 });
    fc.assert(
      fc.property(writes, fc.nat(), (sends, startAt) => {
        const topic: Placed[] = [];
        for (const { behind, again } of sends) {
          const record = sent(topic, Math.max(0, topic.length - behind));
          topic.push(record);
          if (again) topic.push({ ...record, offset: BigInt(topic.length) });
        }
        const chain = new Chain();
        const log = topic.filter((record) => chain.push(record));
        expect(log.map((record) => record.frame.first)).toEqual(log.map((_, index) => index + 1));
        expect(topic.filter(isAnchor).every((record) => log.includes(record))).toBe(true);
        // A reader that begins at any record of the log sees the rest alike.
        const from = log[startAt % Math.max(1, log.length)];
        if (from === undefined) return;
        const later = new Chain(from);
        const rest = topic
          .filter(({ offset }) => offset > from.offset)
          .filter((record) => later.push(record));
        expect(rest).toEqual(log.slice(log.indexOf(from) + 1));
      }),
    );
  });

  test("a frame comes back as it was, and anything else is refused", () => {
    const whole = { epoch: 3, first: 7, last: 9, after: 41n, payload: Buffer.from("rows") };
    expect(decodeFrame(encodeFrame(whole))).toEqual(whole);
    for (const value of [null, Buffer.alloc(0), Buffer.from("HLg1"), Buffer.alloc(100)])
      expect(() => decodeFrame(value)).toThrow(expect.objectContaining({ code: "bad-record" }));
  });
});
