import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { crc32 } from "node:zlib";
import { HotsiteError } from "../../core/errors.ts";
import { parsePosition } from "../../core/position.ts";
import { EventParser, eventTypes, type BinlogEvent } from "../../replication/binlog/event.ts";
import { TransactionAssembler, type Piece } from "../../replication/binlog/transactions.ts";

const charsets = new Map([
  [8, "latin1"],
  [45, "utf8mb4"],
  [46, "utf8mb4"],
  [224, "utf8mb4"],
]);

/** As MariaDB 10.11 wrote them: `a.t` with integers, a UUID, a point, text, a set of bits, an enumeration and more. */
const bodies: readonly (readonly [number, string])[] = [
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

function eventsOf(list: readonly (readonly [number, string])[]): readonly BinlogEvent[] {
  return list.map(([type, hex]) => ({
    ...{ type, timestamp: 1_700_000_000, serverId: 101, end: 400 },
    body: Buffer.from(hex, "hex"),
  }));
}

function assembler(): TransactionAssembler {
  return new TransactionAssembler(
    { flavour: "mariadb", databases: ["a"], origin: 1, charsets, partBytes: 900_000 },
    parsePosition(""),
  );
}

function assemble(events: readonly BinlogEvent[]): readonly Piece[] {
  const made = assembler();
  return events.flatMap((event) => [...made.push(event)]);
}

describe("events of the binlog", () => {
  test("become a transaction with its rows", () => {
    const [piece] = assemble(eventsOf(bodies));
    const [change] = piece!.changes;
    expect(piece).toMatchObject({ gtid: "1-101-3", part: 1, last: true });
    expect(change).toMatchObject({ kind: "insert", table: { database: "a", table: "t", primaryKey: [0] } });
    expect(change!.kind === "insert" && change!.rows[0]?.slice(3, 5)).toEqual([
      2020,
      Buffer.from([0x68, 0xe9]),
    ]);
  });

  test("that were mutated give a typed error or a transaction, never anything else", () => {
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
        expect(["pieces", "bad-event", "unsupported-event"]).toContain(outcome(mutated));
      }),
      { numRuns: 3000 },
    );
  });

  test("with a wrong checksum are refused", () => {
    const packet = packetOf(Buffer.from("0000000000000000", "hex"));
    expect(new EventParser(true).parse(packet).body.length).toBe(8);
    packet[20] = (packet[20] ?? 0) ^ 1;
    expect(() => new EventParser(true).parse(packet)).toThrow(/checksum/);
  });

  test("of another length than they say are refused", () => {
    const packet = packetOf(Buffer.alloc(8));
    expect(() => new EventParser(true).parse(packet.subarray(0, 20))).toThrow(/length/);
  });

  test("in a file of more than 4 GiB have places that only grow", () => {
    const made = assembler();
    const at = (end: number): BinlogEvent => ({
      ...{ type: eventTypes.binlogCheckpoint, timestamp: 0, serverId: 1, end, body: Buffer.alloc(0) },
    });
    const places = [4_000_000_000, 4_294_967_000, 500, 900].map((end) => {
      made.push(at(end));
      return made.reached?.offset;
    });
    expect(places).toEqual([4_000_000_000, 4_294_967_000, 2 ** 32 + 500, 2 ** 32 + 900]);
  });
});

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
    assemble(events);
    return "pieces";
  } catch (error) {
    return error instanceof HotsiteError ? error.code : String(error);
  }
}

function packetOf(body: Buffer): Buffer {
  const packet = Buffer.alloc(19 + body.length + 4);
  packet.writeUInt8(eventTypes.xid, 4);
  packet.writeUInt32LE(packet.length, 9);
  body.copy(packet, 19);
  packet.writeUInt32LE(crc32(packet.subarray(0, -4)), packet.length - 4);
  return packet;
}
