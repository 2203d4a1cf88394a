import { expect, test } from "@jest/globals";
import { PacketFrames } from "../../replication/binlog/packet-frames.ts";
import { Random } from "./random.ts";

const largest = 2 ** 24 - 1;

test.each([1, 2])("packets come out whole, however the bytes are cut (seed %i)", (seed) => {
  const random = new Random(seed);
  const sizes = Array.from({ length: 100 }, () => 1 + random.below(random.below(20) === 0 ? 200_000 : 100));
  const events = sizes.map((size, place) => Buffer.alloc(size, place));
  const bytes = Buffer.concat(events.flatMap((event) => packets(Buffer.concat([Buffer.of(0), event]))));
  const seen = cut(bytes, () => 1 + random.below(random.below(5) === 0 ? 70_000 : 9));
  expect(seen.others).toEqual([]);
  expect(seen.events.map((event) => event.length)).toEqual(sizes);
  expect(Buffer.concat(seen.events).equals(Buffer.concat(events))).toBe(true);
});

test.each([largest - 2, largest - 1, largest, 2 * largest + 9])(
  "an event of %i bytes comes as one, between small ones",
  (size) => {
    const large = Buffer.alloc(size, 7);
    large.writeUInt32LE(42, size - 4);
    const small = Buffer.from("small");
    const bodies = [small, large, small].map((event) => Buffer.concat([Buffer.of(0), event]));
    const { events } = cut(Buffer.concat(bodies.flatMap(packets)), () => 1_000_003);
    expect(events.map((event) => event.length)).toEqual([5, size, 5]);
    expect(events[1]?.equals(large)).toBe(true);
  },
);

test("what is no event is handed over with its header, and events around it come", () => {
  const event = Buffer.from([0, 1, 2]);
  const error = Buffer.from([0xff, 9, 9]);
  const bytes = Buffer.concat([event, error, event].flatMap(packets));
  expect(cut(bytes, () => 2)).toEqual({
    events: [event.subarray(1), event.subarray(1)],
    others: [Buffer.from([3, 0, 0, 1, ...error])],
  });
});

function packets(body: Buffer, number = 1): Buffer[] {
  const part = body.subarray(0, largest);
  const header = Buffer.alloc(4, number);
  header.writeUIntLE(part.length, 0, 3);
  return part.length < largest
    ? [header, part]
    : [header, part, ...packets(body.subarray(largest), number + 1)];
}

function cut(bytes: Buffer, next: () => number): { events: Buffer[]; others: Buffer[] } {
  const others: Buffer[] = [];
  const events: Buffer[] = [];
  const frames = new PacketFrames((packet) => others.push(Buffer.from(packet)));
  for (let start = 0; start < bytes.length;) {
    const end = start + next();
    for (const { bytes: block, places } of frames.push(bytes.subarray(start, end)))
      for (let place = 0; place < places.length; place += 2)
        events.push(block.subarray(places[place], places[place + 1]));
    start = end;
  }
  return { events, others };
}
