import { expect } from "@jest/globals";
import { LocalDriver } from "../../drivers/local/driver.ts";
import { openEngine } from "../../drivers/local/engine.ts";
import { claimOf } from "./claim.ts";
import { FaultyEngine } from "./faulty-engine.ts";
import { removeAll } from "./lab.ts";
import { leftovers } from "./leftovers.ts";

/** Launches again and again, each time with another answer of the engine lost: the first, and every `step`-th after it. */
export async function launchWithLostAnswers(owner: string, step: number, signal: AbortSignal): Promise<void> {
  await using faulty = await FaultyEngine.open(await engineSocket(signal));
  const driver = await driverThrough(faulty.host, signal);
  for (let request = 1; ; request += step) {
    faulty.loseAnswerOf = request;
    const launched = driver.launch(claimOf(owner, "east", `a-${request}`), signal);
    const failure: unknown = await launched.then(
      () => undefined,
      (error: unknown) => error,
    );
    const lost = faulty.loseAnswerOf === 0;
    faulty.loseAnswerOf = 0;
    if (failure === undefined) await removeAll(driver, owner);
    else expect(failure).toMatchObject({ retryable: true });
    expect(await leftovers(owner)).toEqual([]);
    if (!lost) return;
  }
}

async function engineSocket(signal: AbortSignal): Promise<string> {
  const { modem } = await openEngine(signal);
  // The engine's types lack it.
  return (modem as unknown as { getSocketPath(): Promise<string> }).getSocketPath();
}

/** A driver that speaks to another engine than this process does. */
async function driverThrough(host: string, signal: AbortSignal): Promise<LocalDriver> {
  const { DOCKER_HOST } = process.env;
  process.env["DOCKER_HOST"] = host;
  try {
    const driver = new LocalDriver();
    await driver.list("nobody", signal);
    return driver;
  } finally {
    if (DOCKER_HOST === undefined) delete process.env["DOCKER_HOST"];
    else process.env["DOCKER_HOST"] = DOCKER_HOST;
  }
}
