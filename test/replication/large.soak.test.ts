import { readFile } from "node:fs/promises";
import { describe, expect, test } from "@jest/globals";
import { waitFor } from "../../core/wait.ts";
import { builtHotsite } from "../cli/process.ts";
import { startLinkRig, type LinkRig } from "./two-servers.ts";

const careless = ["--sync-binlog=0", "--innodb-flush-log-at-trx-commit=0"];
const digest =
  "SELECT COUNT(*) AS n, SUM(CRC32(CONCAT_WS('|', id, LENGTH(b), SHA2(b, 256), SHA2(t, 256)))) AS sum FROM shop.large";

/** The most memory that a process has had. */
async function peakMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** What the process may take for a transaction of any size, and how much more for one ten times as large. */
const most = { mb: 512, growth: 1.3 };
/** Digits of the numbers of rows. */
const sizes = [5, 6, 7];

describe.each(["mariadb", "mysql"] as const)("a link between two servers of %s", (flavour) => {
  test("copies and follows rows larger than a packet of the protocol", async () => {
    await builtHotsite();
    const extra = [
      ...careless,
      "--max-allowed-packet=128M",
      "--loose-innodb-log-file-size=512M",
      "--loose-innodb-redo-log-capacity=1G",
    ];
    await using rig = await startLinkRig({ flavour, extra });
    await rig.begin([
      "CREATE DATABASE shop",
      "CREATE TABLE shop.large (id INT PRIMARY KEY, b LONGBLOB, t LONGTEXT)",
      "INSERT INTO shop.large VALUES (1, REPEAT('\\\\\\0''x', 6000000), 'a'), (2, 'small', REPEAT('é🦊', 3000000)), (3, REPEAT('z', 60000000), NULL)",
    ]);
    await rig.declare('databases: ["shop"], firstCopy: true');
    const running = rig.start("replicate");
    await rig.targetHas("shop.large", "id = 3");
    const copyMb = await peakMb(running.pid);
    await rig.source.query(
      "INSERT INTO shop.large SELECT id + 10, b, t FROM shop.large",
      "UPDATE shop.large SET t = CONCAT(t, 'x') WHERE id IN (1, 12)",
      "DELETE FROM shop.large WHERE id = 3",
      "INSERT INTO shop.large VALUES (99, 'end', '')",
    );
    await rig.targetHas("shop.large", "id = 99");
    expect(await rig.target.query(digest)).toEqual(await rig.source.query(digest));
    process.stderr.write(
      `${flavour}: rows of 60 MB: ${Math.round(copyMb)} MB at the copy, ${Math.round(await peakMb(running.pid))} MB in all\n`,
    );
  }, 600_000);
});

describe("a link between two MariaDBs", () => {
  test("takes little more memory for a transaction of ten million rows than for one of a million", async () => {
    await builtHotsite();
    await using rig = await startLinkRig({ extra: careless });
    await rig.begin([
      "CREATE DATABASE shop",
      "CREATE TABLE shop.digit (n INT PRIMARY KEY)",
      "INSERT INTO shop.digit VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)",
      "CREATE TABLE shop.big (id INT PRIMARY KEY, v INT)",
      "CREATE TABLE shop.mark (id INT PRIMARY KEY)",
    ]);
    await rig.declare('databases: ["shop"], firstCopy: true');
    const running = rig.start("replicate");
    await rig.targetHas("shop.digit", "n = 9");
    const peaks: number[] = [];
    const arrived = async (...statements: readonly string[]): Promise<void> => {
      const mark = peaks.length;
      // One that is open for long, while others commit.
      const open = await rig.source.connect({ database: "shop" });
      await open.query("BEGIN");
      for (const sql of statements) await open.query(sql);
      await rig.source.query(`INSERT INTO shop.mark VALUES (${mark})`);
      await rig.targetHas("shop.mark", `id = ${mark}`);
      await open.query(`INSERT INTO shop.mark VALUES (${1000 + mark})`);
      await open.query("COMMIT");
      await waitForMark(rig, 1000 + mark);
      peaks.push(await peakMb(running.pid));
    };
    for (const size of sizes) {
      const digits = Array.from({ length: size }, (_, index) => index);
      const number = digits.map((index) => `d${index}.n * ${10 ** index}`).join(" + ");
      await arrived(
        `INSERT INTO big SELECT ${size * 100_000_000} + ${number}, 1 FROM ${digits.map((index) => `digit d${index}`).join(", ")}`,
      );
    }
    const some = "id BETWEEN 600000000 AND 699999999";
    await arrived(`UPDATE big SET v = v + 1 WHERE ${some}`);
    await arrived(`DELETE FROM big WHERE ${some}`);
    process.stderr.write(`${peaks.map(Math.round).join(", ")} MB\n`);
    const sum = "SELECT COUNT(*) AS n, SUM(id) AS ids, SUM(v) AS vs FROM shop.big";
    expect(await rig.target.query(sum)).toEqual(await rig.source.query(sum));
    const [, million = 0, tenMillion = 0] = peaks;
    expect(tenMillion).toBeLessThan(most.growth * million);
    expect(Math.max(...peaks)).toBeLessThan(most.mb);
  }, 3_600_000);
});

/** Ten million rows take their time. */
async function waitForMark(rig: LinkRig, mark: number): Promise<void> {
  await waitFor(
    async () =>
      (await rig.target.query(`SELECT 1 FROM shop.mark WHERE id = ${mark}`)).length > 0 ? true : undefined,
    { timeoutMs: 1_800_000, intervalMs: 200, what: `mark ${mark} at the target` },
    AbortSignal.timeout(1_800_000),
  );
}
