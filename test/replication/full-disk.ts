import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HotsiteError } from "../../core/errors.ts";
import { openEmbeddedLog } from "../../replication/log/embedded.ts";

/**
 * Appends to a log on a small disk of its own until that is full, and prints what it saw at each turn as one line of JSON. `log.process.test.ts`
 * gives the disk and looks at the lines.
 */
const [folder = ""] = process.argv.slice(2);
const ballast = join(folder, "ballast");
const payloadBytes = 300_000;

await using log = await openEmbeddedLog(folder, "s");
let next = 1;

async function append(): Promise<string> {
  try {
    next =
      (await log.append({
        ...{ stream: "s", epoch: 1, first: next, last: next },
        payload: Buffer.alloc(payloadBytes, next),
      })) + 1;
    return "kept";
  } catch (error) {
    return error instanceof HotsiteError ? error.code : String(error);
  }
}

async function tell(what: string, seen: string): Promise<void> {
  const whole: number[] = [];
  const until = new AbortController();
  for await (const { last, payload } of log.read((await firstKept()) ?? next, until.signal)) {
    if (payload.length === payloadBytes && payload.every((byte) => byte === last % 256)) whole.push(last);
    if (last >= next - 1) break;
  }
  process.stdout.write(
    `${JSON.stringify({ what, seen, next, whole, full: (await log.space?.full(false)) ?? null })}\n`,
  );
}

let trimmedTo = 0;

async function firstKept(): Promise<number | undefined> {
  return (await log.tail()) === undefined ? undefined : trimmedTo + 1;
}

async function untilFull(): Promise<string> {
  for (;;) {
    const seen = await append();
    if (seen !== "kept") return seen;
  }
}

await writeFile(ballast, Buffer.alloc(1_000_000));
await tell("full", await untilFull());
await tell("still full", await append());
await rm(ballast);
await tell("somebody made room", await append());
await tell("full again", await untilFull());
trimmedTo = next - 4;
await log.trim(trimmedTo);
await append();
await tell("trimmed", await append());
