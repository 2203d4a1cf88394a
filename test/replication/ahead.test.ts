import { once } from "node:events";
import { describe, expect, test } from "@jest/globals";
import { Ahead } from "../../replication/ahead.ts";

const never = new AbortController().signal;

/** Gives these, then waits for the end. */
async function* given<T>(items: readonly T[], signal: AbortSignal, asked: T[] = []): AsyncGenerator<T> {
  for (const item of items) {
    asked.push(item);
    yield item;
  }
  await once(signal, "abort");
}

describe("what is read ahead", () => {
  test("comes in order, and the next is asked for before it is taken", async () => {
    const asked: number[] = [];
    await using ahead = new Ahead((signal) => given([1, 2, 3], signal, asked), never);
    expect(await ahead.take()).toBe(1);
    await ahead.coming;
    expect(asked).toEqual([1, 2]);
    expect([await ahead.take(), await ahead.take()]).toEqual([2, 3]);
  });

  test("ends when nothing more is wanted, though the next has not come", async () => {
    const ahead = new Ahead((signal) => given([1], signal), never);
    expect(await ahead.take()).toBe(1);
    const coming = ahead.take();
    await ahead[Symbol.asyncDispose]();
    expect(await coming).toBeUndefined();
  });

  test("ends with the signal", async () => {
    const over = new AbortController();
    await using ahead = new Ahead((signal) => given<number>([], signal), over.signal);
    over.abort();
    expect(await ahead.take()).toBeUndefined();
  });

  test("fails where it is taken, not before", async () => {
    const failure = new Error("broken");
    await using ahead = new Ahead(async function* () {
      yield 1;
      await Promise.reject(failure);
    }, never);
    expect(await ahead.take()).toBe(1);
    await expect(ahead.coming).rejects.toBe(failure);
    await expect(ahead.take()).rejects.toBe(failure);
  });
});
