import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HotsiteError } from "../../core/errors.ts";
import { openEmbeddedLog } from "../../replication/log/embedded.ts";
import { openStore } from "../../store/lmdb.ts";

/** Opens a log and a store on a small disk of its own while that is full and afterwards, and prints what came of each, one a line. */
const [folder = ""] = process.argv.slice(2);
const ballast = join(folder, "ballast");
const opened = {
  log: () => openEmbeddedLog(folder, "s"),
  store: () => openStore(join(folder, "store")),
};

await writeFile(ballast, Buffer.alloc(2 ** 30)).catch(() => undefined);
await openBoth();
await rm(ballast);
await openBoth();

async function openBoth(): Promise<void> {
  for (const [name, open] of Object.entries(opened)) {
    const said = await open().then(
      async (one) => one[Symbol.asyncDispose]().then(() => "opened"),
      (error: unknown) => (error instanceof HotsiteError ? error.message : String(error)),
    );
    process.stdout.write(`${name}: ${said.replaceAll(folder, "FOLDER")}\n`);
  }
}
