import { describe, expect, test } from "@jest/globals";
import { Lane } from "../../replication/lane.ts";

describe("work for the target", () => {
  test("is done in order, and only so much of it waits", async () => {
    const lane = new Lane();
    const done: number[] = [];
    const gates: (() => void)[] = [];
    const opened = [0, 1, 2].map((place) => new Promise<void>((resolve) => (gates[place] = resolve)));
    const work = (number: number) => async (): Promise<void> => {
      await opened[number];
      done.push(number);
    };
    await lane.add(work(0));
    await lane.add(work(1));
    let room = false;
    const third = lane.add(work(2)).then(() => (room = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect([room, done]).toEqual([false, []]);
    gates[1]?.();
    gates[0]?.();
    await third;
    gates[2]?.();
    await lane.drained();
    expect(done).toEqual([0, 1, 2]);
  });

  test("is not done after a failure, which everybody is told who comes later", async () => {
    const lane = new Lane();
    const failure = new Error("the server refuses");
    let later = false;
    await lane.add(() => Promise.reject(failure));
    await lane.add(() => Promise.resolve().then(() => void (later = true)));
    await expect(lane.drained()).rejects.toBe(failure);
    await expect(lane.add(() => Promise.resolve()).then(() => lane.drained())).rejects.toBe(failure);
    expect(later).toBe(false);
  });
});
