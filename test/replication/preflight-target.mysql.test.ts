import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { Secret } from "../../core/secret.ts";
import { preflightTarget } from "../../replication/preflight-target.ts";
import { schemaSql } from "../../replication/schema.ts";
import { applierGrantsOn } from "../../replication/target-grants.ts";
import type { DatabaseServer } from "../support/database-server.ts";
import { startMariadb } from "../support/mariadb.ts";
import { startMysql } from "../support/mysql.ts";

jest.setTimeout(120_000);

const signal = AbortSignal.timeout(110_000);
let source: DatabaseServer;

beforeAll(async () => {
  source = await startMariadb({ serverId: 7, domain: 1, extra: ["--max-allowed-packet=32M"] });
  await source.query(
    "CREATE DATABASE shop",
    "CREATE TABLE shop.good (id INT PRIMARY KEY, v VARCHAR(9) COLLATE utf8mb4_uca1400_ai_ci)",
    "CREATE TABLE shop.odd (id INT PRIMARY KEY, v VARCHAR(9) COLLATE utf8mb4_persian_ci, u UUID, l VARCHAR(9) COLLATE latin1_swedish_nopad_ci)",
    "CREATE FUNCTION shop.f(a INT) RETURNS INT DETERMINISTIC RETURN a",
  );
});
afterAll(async () => {
  await source[Symbol.asyncDispose]();
});

const optionsFor = (target: DatabaseServer, user = "root", password = "") => ({
  source: { site: "east", host: "127.0.0.1", port: source.port, user: "root", password: new Secret("") },
  target: { host: "127.0.0.1", port: target.port, user, password: new Secret(password) },
});

describe("the preflight of a target", () => {
  test("tells everything at once that is wrong with a MySQL, each with what mends it", async () => {
    await using target = await startMysql({
      serverId: 7,
      extra: ["--max-allowed-packet=16M", "--super-read-only=ON", "--lower-case-table-names=0"],
    });
    await target.query(
      "SET GLOBAL super_read_only = OFF",
      "SET GLOBAL read_only = OFF",
      "CREATE DATABASE shop",
      "CREATE TABLE shop.t (id INT PRIMARY KEY)",
      "CREATE TRIGGER shop.tr BEFORE INSERT ON shop.t FOR EACH ROW SET NEW.id = 1",
      "CREATE USER weak IDENTIFIED BY 'x'",
      "GRANT SELECT, INSERT, TRIGGER, EVENT ON `shop`.* TO weak",
      "SET GLOBAL super_read_only = ON",
    );
    const faults = await preflightTarget(
      { ...optionsFor(target, "weak", "x"), databases: ["shop"], copies: false },
      signal,
    );
    const told = faults
      .map(({ path, problem, remedy }) => `${path}: ${problem} → ${remedy ?? ""}`)
      .join("\n");
    for (const part of [
      "target: super_read_only: not as replication needs it → SET GLOBAL super_read_only = OFF",
      "target: max_allowed_packet: rows of the source may be larger → SET GLOBAL max_allowed_packet = 33554432",
      "REPLICATION_APPLIER, SET_ANY_DEFINER, ALLOW_NONEXISTENT_DEFINER, SYSTEM_USER on *.* missing → GRANT CONNECTION_ADMIN",
      "GRANT SELECT, INSERT, UPDATE, DELETE ON hotsite.* TO 'weak'@'%'",
      "GRANT ALL PRIVILEGES ON `shop`.* TO 'weak'@'%'",
      "target: trigger shop.tr: it would change rows that arrive from the source a second time → DROP TRIGGER `shop`.`tr`",
      "source: column shop.odd.u: the target has no such type",
      "has no collation like latin1_swedish_nopad_ci: CREATE TABLE `odd`",
      "target: log_bin_trust_function_creators: the applier could not make shop.f",
    ])
      expect(told).toContain(part);
    expect(told).not.toContain("good");
  });

  test.each([
    ["MySQL 9.7", () => startMysql({ serverId: 8, extra: ["--read-only=ON", "--max-allowed-packet=64M"] })],
    [
      "MySQL 8.0.15",
      () => startMysql({ serverId: 8, version: "8.0.15", extra: ["--max-allowed-packet=64M"] }),
    ],
    ["MariaDB", () => startMariadb({ serverId: 8, domain: 2, extra: ["--max-allowed-packet=64M"] })],
  ] as const)("finds nothing wrong with a %s that has what is printed for it", async (_name, start) => {
    await using target = await start();
    await target.query(
      ...schemaSql.split(";\n").filter((sql) => sql.trim() !== ""),
      "CREATE USER applier IDENTIFIED BY 'x'",
      ...applierGrantsOn(target.flavour, "'applier'@'%'", ["my_shop"]),
    );
    const options = optionsFor(target, "applier", "x");
    expect(await preflightTarget({ ...options, databases: ["my_shop"], copies: true }, signal)).toEqual([]);
  });

  test("a copy of the source's own server, or one of its identity, is found out", async () => {
    await using target = await startMariadb({ serverId: 7, domain: 1 });
    const faults = await preflightTarget(
      { ...optionsFor(target), databases: ["my_shop"], copies: true },
      signal,
    );
    expect(faults.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["target: server_id", "target: gtid_domain_id", "target: max_allowed_packet"]),
    );
  });
});
