import { openEmbeddedLog } from "../../replication/log/embedded.ts";

/** Appends for ever and prints each record once it is acknowledged; `log.process.test.ts` kills it. */
const [folder = "", stream = ""] = process.argv.slice(2);
const log = await openEmbeddedLog(folder, stream);
for (let next = ((await log.tail())?.last ?? 0) + 1; ; next += 1) {
  await log.append({ stream, epoch: 1, first: next, last: next, payload: Buffer.alloc(2000, next) });
  process.stdout.write(`${next}\n`);
}
