import { expect } from "@jest/globals";
import { crc32 } from "node:zlib";
import { HotsiteError } from "../../core/errors.ts";
import { decodeBatch, encodeBatch } from "../../replication/batch.ts";
import { BatchBuilder } from "../../replication/batch-builder.ts";
import { EventParser } from "../../replication/binlog/event.ts";
import { PacketQueue } from "../../replication/binlog/packet-queue.ts";
import { literal } from "../../replication/literal.ts";
import { decodeFrame, encodeFrame } from "../../replication/log/kafka-frame.ts";
import type { RecordBatch } from "../../replication/record.ts";
import { sqlAt } from "../../replication/row-image.ts";
import { assemble, assembler, bodies, eventsOf } from "./event-mutations.ts";
import { Random } from "./random.ts";
import { plainTable, statement, textRows } from "./stream.ts";

/** Records of every kind, with rows as the binlog has them and as values. */
function wholeBatch(): RecordBatch {
  const builder = new BatchBuilder(4);
  for (const piece of assemble(eventsOf(bodies))) builder.addPiece(piece);
  const place = builder.table(plainTable);
  const alter = statement("ALTER TABLE t ADD COLUMN x INT", { timeZone: "SYSTEM", charsetCollations: [45] });
  const common = { gtid: "1-101-9", commitMs: 1, part: 1, last: true };
  builder.add({ kind: "transaction", ...common, changes: [alter] });
  builder.add({ kind: "abort" });
  builder.add({ kind: "copy-unit", tables: [{ database: "shop", table: "t" }] });
  const rows = textRows([
    [1, null],
    [String(2n ** 63n), 7],
  ]);
  builder.add({ kind: "copy-chunk", table: place, rows });
  builder.add({ kind: "copy-table-done", database: "shop", table: "t" });
  const schema = {
    sql: "CREATE TABLE t (id INT)",
    database: "shop",
    sqlMode: "",
    collationConnection: "binary",
  };
  builder.add({ kind: "copy-begin", databases: ["shop"], statements: [schema] });
  builder.add({ kind: "copy-end", statements: [{ ...schema, drop: "DROP TABLE t" }] });
  const units = [{ tables: [{ database: "shop", table: "t" }], whole: false }];
  return builder.take("1-101-9", { units, done: 0, lastKey: [7n], rows: 3, totalRows: 10 });
}

/** One to four bytes set, now and then cut off. */
function mutated(bytes: Buffer, random: Random, from = 0): Buffer {
  const copy = Buffer.from(bytes);
  for (let edits = 1 + random.below(4); edits > 0; edits -= 1)
    copy[from + random.below(copy.length - from)] = random.below(256);
  return random.below(6) === 0 ? copy.subarray(0, from + random.below(copy.length - from)) : copy;
}

/** Mutates batches, each second one as if its checksum had been made anew: a typed error, or records of which every value can be written. */
export function mutateBatches(count: number, seed: number): void {
  const random = new Random(seed);
  const batch = wholeBatch();
  const plain = Buffer.from(encodeBatch(batch));
  const gzip = Buffer.from(encodeBatch(batch, "gzip"));
  for (let left = count; left > 0; left -= 1) {
    const damaged = mutated(left % 4 === 1 ? gzip : plain, random);
    const resealed = left % 2 === 0 && damaged.length > 9;
    if (resealed) damaged.writeUInt32LE(crc32(damaged.subarray(5)), 1);
    const outcome = outcomeOf(() => readAll(decodeBatch(damaged)));
    expectOneOf(outcome, resealed ? typed : ["read", "bad-record"]);
    if (!resealed && outcome === "read") expect(again(damaged)).toEqual(again(plain));
  }
}

const typed = ["read", "bad-record", "bad-event", "unsupported-event", "stranger"];

/** Jest's own takes longer than the work. */
function expectOneOf(outcome: string, allowed: readonly string[]): void {
  if (!allowed.includes(outcome)) expect(allowed).toContain(outcome);
}

/** Without its checksum made anew only bits that mean nothing may differ. */
function again(payload: Buffer): Uint8Array {
  return encodeBatch(decodeBatch(payload));
}

function readAll({ records, tables }: RecordBatch): void {
  for (const record of records) {
    if (record.kind === "copy-chunk") {
      const { columns } = tables[record.table] ?? { columns: [] };
      for (const row of record.rows.images(columns))
        columns.map((column, place) => [sqlAt(row, place, column), literal(row.value(place), column)]);
    }
    if (record.kind !== "transaction") continue;
    for (const change of record.changes)
      if (change.kind !== "statement")
        for (const row of [...change.rows, ...(change.after ?? [])])
          tables[change.table]?.columns.map((column, place) => sqlAt(row, place, column));
  }
}

/** Mutates records of a broker: a typed error, or numbers that a writer could have given. */
export function mutateFrames(count: number, seed: number): void {
  const random = new Random(seed);
  const whole = encodeFrame({ epoch: 3, first: 7, last: 9, after: 41n, payload: Buffer.from("rows") });
  for (let left = count; left > 0; left -= 1) {
    const damaged = mutated(whole, random);
    const outcome = outcomeOf(() => {
      const { first, last } = decodeFrame(damaged);
      if (!(first >= 1 && last >= first)) throw new RangeError(`${first}–${last}`);
    });
    expectOneOf(outcome, ["read", "bad-record"]);
  }
}

/** Mutates packets as they come from the socket, each second one with its checksum made anew: a typed error, or an event. */
export function mutatePackets(count: number, seed: number): void {
  const random = new Random(seed);
  let lookedAt = 0;
  const packets = eventsOf(bodies).map(({ type, body }) => sealed(packetOf(type, body)));
  for (let left = count; left > 0; left -= 1) {
    const parser = new EventParser(true);
    const made = assembler();
    const at = random.below(packets.length);
    const outcome = outcomeOf(() => {
      for (const [place, packet] of packets.entries()) {
        const damaged = place === at ? mutated(packet, random) : packet;
        const resealed = left % 2 === 0 && damaged.length > 23;
        for (const piece of made.push(parser.parse(place === at && resealed ? sealed(damaged) : damaged)))
          for (const change of piece.changes) if (change.kind !== "statement") lookedAt += change.rows.length;
      }
    });
    expectOneOf(outcome, typed);
  }
  expect(lookedAt).toBeGreaterThan(0);
}

/** Pushes and takes by turns: nothing is lost, doubled or out of order, the sender is paused and resumed by turns, and the end comes last. */
export async function mixPackets(count: number, seed: number): Promise<void> {
  const random = new Random(seed);
  const { signal } = new AbortController();
  let [paused, pushed, taken] = [false, 0, 0];
  const turn = (to: boolean) => (): void => {
    expect(paused).toBe(!to);
    paused = to;
  };
  const queue = new PacketQueue<Buffer>(turn(true), turn(false));
  const take = async (): Promise<void> => {
    for (const packet of await queue.take(signal))
      if (packet.readUInt32LE(0) !== taken++) expect(packet.readUInt32LE(0)).toBe(taken - 1);
  };
  while (pushed < count) {
    for (let burst = random.below(20); burst > 0 && !paused; burst -= 1) {
      const packet = Buffer.alloc(random.below(50) === 0 ? 3_000_000 : 4 + random.below(100));
      packet.writeUInt32LE(pushed++, 0);
      queue.push(packet);
    }
    for (let times = random.below(4); times > 0 && taken < pushed; times -= 1) await take();
    expect(queue.paused).toBe(paused);
  }
  queue.end(new HotsiteError("over", "the end"));
  while (taken < pushed) await take();
  await expect(queue.take(signal)).rejects.toMatchObject({ code: "over" });
  expect(queue.received).toBe(pushed);
}

function packetOf(type: number, body: Buffer): Buffer {
  const packet = Buffer.alloc(19 + body.length + 4);
  packet.writeUInt8(type, 4);
  packet.writeUInt32LE(101, 5);
  body.copy(packet, 19);
  return packet;
}

/** With the length and the checksum that it has now. */
function sealed(packet: Buffer): Buffer {
  packet.writeUInt32LE(packet.length, 9);
  packet.writeUInt32LE(crc32(packet.subarray(0, -4)), packet.length - 4);
  return packet;
}

function outcomeOf(work: () => void): string {
  try {
    work();
    return "read";
  } catch (error) {
    return error instanceof HotsiteError ? error.code : String(error);
  }
}
