import { expect } from "@jest/globals";
import { waitFor } from "../../core/wait.ts";
import type { KafkaBroker } from "../support/kafka.ts";
import { Bank, bankSeed, bankTotal } from "./bank.ts";
import { orderWest, startPair, type Pair, type PairOptions } from "./pair.ts";
import { Random } from "./random.ts";

/** Two servers and a gateway under load, of which one is killed again and again. */
export interface CrashSite extends AsyncDisposable {
  /** Some kills, then quiet: everything must be there once, and equal by the servers' own checksums. */
  run(seed: number, signal: AbortSignal): Promise<void>;
}

type Stage = Pair & { readonly broker: KafkaBroker | undefined };

const failpoints = [
  "before-log-append",
  "after-log-append",
  "before-target-commit",
  "after-target-commit",
  "after-statement",
] as const;

export interface CrashOptions extends Pick<PairOptions, "source" | "target"> {
  /** The log is there, and it is killed as well; whoever started it ends it. */
  readonly broker?: KafkaBroker;
}

export async function startCrashSite(
  signal: AbortSignal,
  { broker, ...flavours }: CrashOptions = {},
): Promise<CrashSite> {
  const pair = await startPair(bankSeed, { ...flavours, ...(broker && { kafka: broker.address }) });
  try {
    pair.startGateway();
    await answers(pair, signal);
    await pair.gateway.start(orderWest(), signal);
    await copied(pair, signal);
  } catch (error) {
    await pair[Symbol.asyncDispose]();
    throw error;
  }
  return {
    run: (seed, until) => crash({ ...pair, broker }, new Random(seed), until),
    [Symbol.asyncDispose]: () => pair[Symbol.asyncDispose](),
  };
}

async function crash(pair: Stage, random: Random, signal: AbortSignal): Promise<void> {
  {
    await using bank = new Bank(pair.east, random);
    for (let kills = 1 + random.below(3); kills > 0; kills -= 1) {
      await bank.more(5 + random.below(80), signal);
      await kill(pair, bank, random, signal);
    }
    await bank.more(10, signal);
  }
  await answers(pair, signal);
  const { position } = await pair.eastDatabase.state(signal);
  await pair.gateway.reach(position, 60_000, signal);
  await check(pair);
}

async function kill(pair: Stage, bank: Bank, random: Random, signal: AbortSignal): Promise<void> {
  const { broker } = pair;
  const victims = ["gateway", "gateway", "failpoint", "failpoint", "source", "target", "all"] as const;
  switch (random.pick(broker === undefined ? victims : [...victims, "broker", "broker"])) {
    case "broker":
      return broker?.restart();
    case "gateway":
      await pair.stopGateway("SIGKILL");
      pair.startGateway();
      return;
    case "failpoint":
      return failAt(pair, bank, `${random.pick(failpoints)}:${1 + random.below(8)}`, signal);
    case "source":
      await pair.east.kill();
      return pair.east.restart();
    case "target":
      await pair.west.kill();
      return pair.west.restart();
    case "all":
      await Promise.all([pair.stopGateway("SIGKILL"), pair.west.kill(), pair.east.kill()]);
      await Promise.all([pair.west.restart(), pair.east.restart()]);
      pair.startGateway();
  }
}

/** The gateway kills itself there; a place that it does not pass in time, such as a statement, leaves it running. */
async function failAt(pair: Pair, bank: Bank, failpoint: string, signal: AbortSignal): Promise<void> {
  await pair.stopGateway("SIGKILL");
  pair.startGateway({ HOTSITE_FAILPOINT: failpoint });
  await bank.more(60, signal);
  await pair.stopGateway("SIGKILL");
  pair.startGateway();
}

/** The schema may be changed from here on. */
async function copied({ gateway }: Pair, signal: AbortSignal): Promise<void> {
  await waitFor(
    async () => ((await gateway.status(signal))?.state === "streaming" ? true : undefined),
    { timeoutMs: 30_000, intervalMs: 50, what: "the first copy" },
    signal,
  );
}

async function answers(pair: Pair, signal: AbortSignal): Promise<void> {
  if (!pair.gatewayRuns()) pair.startGateway();
  await waitFor(
    () => pair.gateway.status(signal).then(() => true),
    { timeoutMs: 30_000, intervalMs: 50, what: "the gateway" },
    signal,
  );
}

/** Of two kinds of servers `CHECKSUM TABLE` is no common measure, so each sums up its rows itself. */
async function check({ east, west }: Pair): Promise<void> {
  const [ours, theirs] = [await facts(east), await facts(west)];
  expect(theirs).toEqual(ours);
  expect(theirs.total).toBe(bankTotal);
}

interface Facts {
  readonly total: number;
  readonly tables: Readonly<Record<string, unknown>>;
}

async function facts(server: Pair["east"]): Promise<Facts> {
  const [sum] = await server.query("SELECT SUM(balance) AS total FROM shop.account");
  const tables: Record<string, unknown> = {};
  for (const table of ["account", "entry"]) {
    const columns = await columnsOf(server, table);
    const values = columns.map((name) => `COALESCE(${name}, 'none')`).join(", ");
    const hash = `SHA2(CONCAT_WS('/', ${values}), 256)`;
    const halves = [1, 17].map(
      (start) => `BIT_XOR(CAST(CONV(SUBSTR(${hash}, ${start}, 16), 16, 10) AS UNSIGNED))`,
    );
    const [row] = await server.query(
      `SELECT COUNT(*) AS n, ${halves.map((half, place) => `CAST(${half} AS CHAR) AS h${place}`).join(", ")} FROM shop.${table}`,
    );
    tables[table] = { columns, ...row };
  }
  return { total: Number(sum?.["total"]), tables };
}

async function columnsOf(server: Pair["east"], table: string): Promise<readonly string[]> {
  const rows = await server.query(
    `SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = 'shop' AND TABLE_NAME = '${table}' ORDER BY ORDINAL_POSITION`,
  );
  return rows.map(({ name }) => String(name));
}
