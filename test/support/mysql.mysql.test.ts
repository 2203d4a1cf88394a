import { existsSync } from "node:fs";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { formatPosition, includesPosition, parsePosition, subtractPosition } from "../../core/position.ts";
import { startMysql } from "./mysql.ts";

test("a private MySQL server keeps its data over a SIGKILL and leaves nothing behind", async () => {
  let [folder, pid] = ["", 0];
  {
    await using server = await startMysql({ serverId: 101 });
    ({ folder } = server);
    await server.query(
      "CREATE DATABASE a",
      "CREATE TABLE a.t (id INT PRIMARY KEY)",
      "INSERT INTO a.t VALUES (7)",
    );
    await server.kill();
    await server.restart();
    ({ pid } = server);
    expect(await server.query("SELECT id FROM a.t")).toEqual([{ id: 7 }]);
    expect(await server.position()).toMatch(/^[0-9a-f-]{36}:1-3$/);
    await positionsAgree(server);
  }
  expect([existsSync(folder), existsSync(`/proc/${pid}`)]).toEqual([false, false]);
}, 120_000);

/** The server's own functions are what sets of GTIDs mean. */
async function positionsAgree(server: Awaited<ReturnType<typeof startMysql>>): Promise<void> {
  const origins = ["1", "2"].map((digit) => `${digit.repeat(8)}-2222-3333-4444-555555555555`);
  const interval = fc
    .tuple(fc.integer({ min: 1, max: 30 }), fc.nat(5))
    .map(([first, more]) => (more === 0 ? `${first}` : `${first}-${first + more}`));
  const part = fc.tuple(
    fc.constantFrom(...origins, `${origins[0] ?? ""}:tag`),
    fc.array(interval, { minLength: 1, maxLength: 5 }),
  );
  const sets = fc
    .array(part, { maxLength: 4 })
    .map((parts) => parts.map(([origin, intervals]) => `${origin}:${intervals.join(":")}`).join(","));
  for (const [a, b] of fc.sample(fc.tuple(sets, sets), { numRuns: 200, seed: 7 })) {
    const [row] = await server.query(
      `SELECT GTID_SUBSET('${b}', '${a}') AS subset, GTID_SUBTRACT('${a}', '${b}') AS rest`,
    );
    const [left, right] = [parsePosition(a), parsePosition(b)];
    expect([a, b, includesPosition(left, right)]).toEqual([a, b, Boolean(row?.["subset"])]);
    const rest = formatPosition(parsePosition(String(row?.["rest"])));
    expect([a, b, formatPosition(subtractPosition(left, right))]).toEqual([a, b, rest]);
  }
}
