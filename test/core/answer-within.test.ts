import { describe, expect, test } from "@jest/globals";
import { once } from "node:events";
import { answerWithin } from "../../core/answer-within.ts";

const forever = new AbortController().signal;
const patience = { ms: 20, who: "east: the database", hint: "hotsite doctor" };

async function neverAnswers(signal: AbortSignal): Promise<never> {
  await once(signal, "abort");
  throw signal.reason as Error;
}

describe("who is asked and does not answer", () => {
  test("is given up after its time, by name and with what to do", async () => {
    await expect(answerWithin(patience, neverAnswers, forever)).rejects.toMatchObject({
      ...{ code: "unresponsive", retryable: true, hint: "hotsite doctor" },
      message: "east: the database is there and does not answer: waited 0.02 s",
    });
  });

  test("is not blamed for what the caller gave up", async () => {
    const asker = new AbortController();
    const answer = answerWithin({ ...patience, ms: 60_000 }, neverAnswers, asker.signal);
    asker.abort(new Error("enough"));
    await expect(answer).rejects.toThrow("enough");
  });

  test("is not blamed for an answer that is an error", async () => {
    await expect(answerWithin(patience, () => Promise.reject(new Error("refused")), forever)).rejects.toThrow(
      "refused",
    );
  });
});
