import type { Clock } from "../core/clock.ts";
import { HotsiteError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { quoteString } from "./literal.ts";
import { Source, type SourceOptions } from "./source.ts";

const everyMs = 1_000;
const noSuchTable = 1146;

/** Each second the time of this machine is written to the source, so that the other end can tell how far behind it is. Never on a read-only source. */
export async function beat(
  source: SourceOptions,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  signal: AbortSignal,
): Promise<void> {
  const stopped = (): boolean => signal.aborted;
  while (!stopped()) {
    try {
      await using connection = await Source.open(source, signal);
      for (;;) {
        await write(connection, source.site, clock.now());
        await clock.sleep(everyMs, signal);
      }
    } catch (error) {
      if (stopped()) return;
      if (!(error instanceof HotsiteError)) throw error;
      const { code, message: problem } = error;
      logger.warn("no heartbeat was written", { site: source.site, code, problem });
      await pause(clock, signal);
    }
  }
}

/** A stop is noticed by the loop. */
async function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  await clock.sleep(everyMs, signal).catch(() => undefined);
}

async function write(connection: Source, site: string, now: number): Promise<void> {
  const insert =
    `INSERT INTO hotsite.heartbeat (site, at_ms) SELECT ${quoteString(site)}, ${now} FROM DUAL WHERE @@GLOBAL.read_only = 0 ` +
    "ON DUPLICATE KEY UPDATE at_ms = VALUES(at_ms)";
  await connection.run(insert).catch(async (error: unknown) => {
    if (!(error instanceof HotsiteError) || error.details["number"] !== noSuchTable) throw error;
    await connection.run(createTable);
    await connection.run(insert);
  });
}

const createTable =
  "CREATE TABLE IF NOT EXISTS hotsite.heartbeat (site VARCHAR(64) NOT NULL PRIMARY KEY, at_ms BIGINT NOT NULL) " +
  "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
