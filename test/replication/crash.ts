import { expect } from "@jest/globals";
import { waitFor } from "../../core/wait.ts";
import type { KafkaBroker } from "../support/kafka.ts";
import { Bank, bankSeed, bankTotal } from "./bank.ts";
import { orderWest, startPair, type Pair } from "./pair.ts";
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

/** With a broker the log is there, and the broker is killed as well; whoever started it ends it. */
export async function startCrashSite(signal: AbortSignal, broker?: KafkaBroker): Promise<CrashSite> {
  const pair = await startPair(bankSeed, broker?.address);
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

async function check({ east, west }: Pair): Promise<void> {
  const facts = async (server: Pair["east"]) => {
    const [sums] = await server.query(
      "SELECT (SELECT SUM(balance) FROM shop.account) AS total, (SELECT COUNT(*) FROM shop.entry) AS entries",
    );
    const checksums = await server.query("CHECKSUM TABLE shop.account, shop.entry EXTENDED");
    return { total: Number(sums?.total), entries: Number(sums?.entries), checksums };
  };
  const [ours, theirs] = [await facts(east), await facts(west)];
  expect(theirs).toEqual(ours);
  expect(theirs.total).toBe(bankTotal);
}
