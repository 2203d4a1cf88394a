import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { badPath } from "../support/bad-path.ts";
import { numbers } from "./feeder-support.ts";
import { ResumeRig } from "./resume-rig.ts";

jest.setTimeout(180_000);

describe.each(["mariadb", "mysql"] as const)("a link whose way to a %s is bad", (flavour) => {
  let rig: ResumeRig;
  beforeAll(async () => {
    rig = await ResumeRig.start(flavour);
  });
  afterAll(() => rig[Symbol.asyncDispose]());
  beforeEach(() => rig.begin());

  test("tells a burst that is larger than 1 Mbit/s carries in seconds, transactions and bytes, and catches up", async () => {
    await using path = await badPath(rig.east.port, { bytesPerSecond: 125_000 });
    await rig.start(path);
    await rig.lag((seconds) => seconds < 4);
    const bursts = 20;
    for (let burst = 0; burst < bursts; burst += 1) await rig.east.query(...burstOf(burst));
    await rig.says(
      "a burst on its way",
      ({ source: { behindBytes, behindSeconds, behindTransactions } = {} }) =>
        [behindBytes ?? 0, behindSeconds ?? 0, behindTransactions ?? 0].every(
          (behind, place) => behind > [200_000, 2, 1][place]!,
        ),
    );
    await rig.lag((seconds) => seconds > 4);
    await rig.equal();
    await rig.lag((seconds) => seconds < 4);
    const sum = "SELECT COUNT(*) AS n, SUM(CRC32(CONCAT(id, pad))) AS sum FROM shop.big";
    expect(await rig.west.query(sum)).toEqual(await rig.east.query(sum));
    await rig.says("nothing behind", ({ source }) => source?.behindBytes === 0 && source.behindSeconds === 0);
  });

  test.each(["there", "back"] as const)(
    "goes on when nothing passes on the way %s any more, and nobody is told",
    async (way) => {
      await using path = await badPath(rig.east.port);
      await rig.start(path);
      await rig.lag((seconds) => seconds < 4);
      path.stall(way);
      await rig.east.query("INSERT INTO shop.t VALUES (1, 1)");
      await rig.equal();
    },
  );

  test("stops when the way was cut for longer than the source keeps its binlog, and says what to do", async () => {
    await using path = await badPath(rig.east.port);
    await rig.start(path);
    await rig.lag((seconds) => seconds < 4);
    path.cut();
    await rig.east.query("INSERT INTO shop.t VALUES (1, 1)", "FLUSH BINARY LOGS");
    const [last] = (await rig.east.query("SHOW BINARY LOGS")).slice(-1);
    await rig.lag((seconds) => seconds > 5);
    await rig.east.query(`PURGE BINARY LOGS TO '${String(last?.["Log_name"])}'`);
    path.heal();
    expect(await rig.failure()).toMatchObject({
      code: "source-refused",
      hint: expect.stringMatching(/new first copy|reseed/),
    });
  });

  test("tells a lag that is what the way takes, there and back", async () => {
    const delayMs = 500;
    await using path = await badPath(rig.east.port, { delayMs });
    await rig.start(path);
    const seconds: number[] = [];
    await rig.says("twenty lags", ({ lagSeconds }) => {
      if (lagSeconds !== undefined) seconds.push(lagSeconds);
      return seconds.length === 20;
    });
    expect(Math.min(...seconds)).toBeGreaterThanOrEqual((2 * delayMs) / 1000);
    // One comes in every two seconds over such a way, and until the next one the older counts.
    expect(Math.min(...seconds)).toBeLessThan(3);
  });
});

/** A transaction of about 100 kB that cannot be compressed to less than half. */
function burstOf(burst: number): readonly string[] {
  const pad = Array.from({ length: 8 }, (_, place) => `SHA2(CONCAT(${burst}, '-', ${place}, '-', seq), 512)`);
  return [
    "CREATE TABLE IF NOT EXISTS shop.big (id INT PRIMARY KEY, pad TEXT)",
    `INSERT INTO shop.big SELECT ${burst * 100} + seq, CONCAT(${pad.join(", ")}) FROM ${numbers(100)}`,
    `INSERT INTO shop.t VALUES (${burst}, ${burst})`,
  ];
}
