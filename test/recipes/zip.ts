import { crc32 } from "node:zlib";

/** A zip archive of these texts, not compressed: what a .war is. */
export function zipOf(files: Readonly<Record<string, string>>): Buffer {
  const pieces: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const [path, content] = [Buffer.from(name), Buffer.from(text)];
    const facts = factsOf(path, content);
    pieces.push(Buffer.concat([numbers([0x04034b50, 4]), facts, path, content]));
    directory.push(
      Buffer.concat([numbers([0x02014b50, 4], [20, 2]), facts, Buffer.alloc(10), numbers([offset, 4]), path]),
    );
    offset += 30 + path.length + content.length;
  }
  const index = Buffer.concat(directory);
  const count = directory.length;
  const end = numbers(
    [0x06054b50, 4],
    [0, 4],
    [count, 2],
    [count, 2],
    [index.length, 4],
    [offset, 4],
    [0, 2],
  );
  return Buffer.concat([...pieces, index, end]);
}

/** The part that a file's own header and the directory have in common. */
function factsOf(path: Buffer, content: Buffer): Buffer {
  const size = content.length;
  // Version, flags, method, time, the first of January 1980.
  const head = numbers([20, 2], [0x800, 2], [0, 2], [0, 2], [0x21, 2]);
  return Buffer.concat([head, numbers([crc32(content), 4], [size, 4], [size, 4], [path.length, 2], [0, 2])]);
}

function numbers(...values: readonly (readonly [value: number, bytes: number])[]): Buffer {
  return Buffer.concat(
    values.map(([value, bytes]) => {
      const buffer = Buffer.alloc(bytes);
      buffer.writeUIntLE(value, 0, bytes);
      return buffer;
    }),
  );
}
