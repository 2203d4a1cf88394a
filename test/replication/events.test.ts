import { describe, expect, test } from "@jest/globals";
import { crc32 } from "node:zlib";
import { EventParser, eventTypes, type BinlogEvent } from "../../replication/binlog/event.ts";
import { assemble, assembler, bodies, eventsOf, mutateEvents } from "./event-mutations.ts";

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
    mutateEvents(2_000);
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

function packetOf(body: Buffer): Buffer {
  const packet = Buffer.alloc(19 + body.length + 4);
  packet.writeUInt8(eventTypes.xid, 4);
  packet.writeUInt32LE(packet.length, 9);
  body.copy(packet, 19);
  packet.writeUInt32LE(crc32(packet.subarray(0, -4)), packet.length - 4);
  return packet;
}
