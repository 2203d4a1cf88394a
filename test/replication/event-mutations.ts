import { expect } from "@jest/globals";
import fc from "fast-check";
import { HotsiteError } from "../../core/errors.ts";
import { parsePosition } from "../../core/position.ts";
import { eventTypes, type BinlogEvent } from "../../replication/binlog/event.ts";
import { TransactionAssembler, type Piece } from "../../replication/binlog/transactions.ts";

const charsets = new Map([
  [8, "latin1"],
  [45, "utf8mb4"],
  [46, "utf8mb4"],
  [224, "utf8mb4"],
]);

/** As MariaDB 10.11 wrote them: `a.t` with integers, a UUID, a point, text, a set of bits, an enumeration and more. */
export const bodies: readonly (readonly [number, string])[] = [
  [eventTypes.gtid, "03000000000000000100000028000000000000"],
  [
    eventTypes.tableMap,
    "12000000000001000161000174001203feff0d0ffe10fe0303fe0303fc0ffef60415fe10041400fe100101f701fe05040a00fe0c050204feff0301010a02073f0208052e072d070100042e02696401750167017901760269360162016502677602677303" +
      "62696e02756e03696e76016a02766201630164016" +
      "60a013306050201780179080100",
  ],
  [
    eventTypes.writeRows,
    "120000000000010012ffff030020ff01000000109ab1ce4ae59f11f1892802fc0000000119000000000000000101000000000000000000f03f0000000000000040780268e910000000000000000000000000000000010005020200000003000000014101000000050000000171026162",
  ],
  [eventTypes.xid, "0000000000000000"],
];
const statement =
  "050000000000000001000023000000800001010800205400000000060373746404e000e0002d008108000000000000006100414c544552205441424c45207420434f4d4d454e543d277827";
const standalone = "04000000000000000100000029000000000000";

export function eventsOf(list: readonly (readonly [number, string])[]): readonly BinlogEvent[] {
  return list.map(([type, hex]) => ({
    ...{ type, timestamp: 1_700_000_000, serverId: 101, end: 400 },
    body: Buffer.from(hex, "hex"),
  }));
}

export function assembler(): TransactionAssembler {
  return new TransactionAssembler(
    {
      flavour: "mariadb",
      databases: ["a"],
      origins: [1],
      charsets,
      partBytes: 900_000,
    },
    parsePosition(""),
  );
}

export function assemble(events: readonly BinlogEvent[]): readonly Piece[] {
  const made = assembler();
  return events.flatMap((event) => [...made.push(event)]);
}

/** Mutates what a server wrote, as if its checksum had been made anew: a typed error each, or a transaction of which every row can be read. */
export function mutateEvents(numRuns: number, seed?: number): void {
  const events = [
    ...eventsOf(bodies),
    ...eventsOf([
      [eventTypes.gtid, standalone],
      [eventTypes.query, statement],
    ]),
  ];
  const mutation = fc.record({
    event: fc.nat(events.length - 1),
    edits: fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 4 }),
    cut: fc.option(fc.nat(200)),
  });
  fc.assert(
    fc.property(mutation, ({ event, edits, cut }) => {
      const mutated = events.map((one, place) => (place === event ? mutate(one, edits, cut) : one));
      expect(["pieces", "bad-event", "unsupported-event", "stranger"]).toContain(outcome(mutated));
    }),
    seed === undefined ? { numRuns } : { numRuns, seed },
  );
}

function mutate(
  event: BinlogEvent,
  edits: readonly (readonly [number, number])[],
  cut: number | null,
): BinlogEvent {
  const body = Buffer.from(event.body);
  for (const [place, byte] of edits) if (body.length > 0) body[place % body.length] = byte;
  return { ...event, body: cut === null ? body : body.subarray(0, cut) };
}

function outcome(events: readonly BinlogEvent[]): string {
  try {
    const changes = assemble(events).flatMap((piece) => piece.changes);
    for (const change of changes) if (change.kind !== "statement") expect(change.rows.length).toBeDefined();
    return "pieces";
  } catch (error) {
    return error instanceof HotsiteError ? error.code : String(error);
  }
}
