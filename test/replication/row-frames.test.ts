import { describe, expect, it } from "@jest/globals";
import { RowFrames } from "../../replication/row-frames.ts";

const longestPacket = 0xffffff;

describe("rows in front of the driver's parser", () => {
  it.each([1, 2, 3, 4, 5, 7, 11, 1000])("are whole however they are cut: %s bytes at a time", (size) => {
    const rows = [Buffer.from("\x01a"), Buffer.from("\xfb\x01b", "latin1"), Buffer.alloc(300, "x")];
    const sent = [
      packet("head"),
      packet("field"),
      packet("end of fields"),
      ...rows.map(packet),
      last,
      packet("next"),
    ];
    const { given, passed } = taken(cut(Buffer.concat(sent), size), 3);
    expect(given).toEqual(rows);
    expect(passed).toEqual([packet("head"), packet("field"), packet("end of fields"), last, packet("next")]);
  });

  it("passes a failure among the rows on", () => {
    const failure = packet(Buffer.from("\xff\x12\x34it failed", "latin1"));
    const { given, passed } = taken([Buffer.concat([packet("head"), packet("row"), failure])], 1);
    expect(given).toEqual([Buffer.from("row")]);
    expect(passed).toEqual([packet("head"), failure]);
  });

  it("puts a row of several packets together, whatever the later ones begin with", () => {
    const row = Buffer.alloc(longestPacket + 3, 0xff);
    row[0] = 0xfe;
    const whole = Buffer.alloc(longestPacket, 1);
    const sent = [
      packet("head"),
      packet(row.subarray(0, longestPacket)),
      packet(row.subarray(longestPacket)),
    ];
    const { given } = taken([Buffer.concat([...sent, packet(whole), packet(""), last])], 1);
    expect(given.map(({ length }) => length)).toEqual([row.length, whole.length]);
    expect(given[0]?.equals(row)).toBe(true);
  });

  it("leaves the connection to the driver in the end", () => {
    const parser = { execute: () => undefined };
    const connection = { packetParser: parser, sequenceId: 0 };
    const frames = new RowFrames(
      connection,
      { next: 1, row: 2 },
      { bytes: () => undefined, rowEnd: () => undefined },
    );
    expect(connection.packetParser).not.toBe(parser);
    frames.end();
    expect(connection.packetParser).toBe(parser);
  });
});

/** The packet after the last row. */
const last = packet(Buffer.from([0xfe, 0, 0, 2, 0]));

/** What the sink and the parser are given; the rows begin after so many packets and end with the next one that the parser is given. */
function taken(chunks: readonly Buffer[], head: number): { given: Buffer[]; passed: Buffer[] } {
  const [given, passed]: [Buffer[], Buffer[]] = [[], []];
  let row: Buffer[] = [];
  const query = { next: "head", row: "row" };
  const execute = (chunk: Buffer): void => {
    passed.push(Buffer.from(chunk));
    query.next = passed.length === head ? "row" : "head";
  };
  const connection = { packetParser: { execute }, sequenceId: 0 };
  new RowFrames(connection, query, {
    bytes: (chunk, start, end) => void row.push(Buffer.from(chunk.subarray(start, end))),
    rowEnd: () => {
      given.push(Buffer.concat(row));
      row = [];
    },
  });
  for (const chunk of chunks) connection.packetParser.execute(chunk);
  return { given, passed };
}

function packet(payload: Buffer | string): Buffer {
  const bytes = Buffer.from(payload);
  const head = Buffer.alloc(4);
  head.writeUIntLE(bytes.length, 0, 3);
  return Buffer.concat([head, bytes]);
}

function cut(bytes: Buffer, size: number): readonly Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, place) =>
    bytes.subarray(place * size, (place + 1) * size),
  );
}
