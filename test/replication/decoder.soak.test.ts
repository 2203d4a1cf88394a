import { describe, test } from "@jest/globals";
import { startMariadb } from "../support/mariadb.ts";
import { startMysql } from "../support/mysql.ts";
import { expectDecodedAsSelected } from "./decoder.ts";
import { mariadbMatrix, mysqlMatrix, oldMysqlMatrix } from "./type-matrix.ts";

const signal = AbortSignal.timeout(1_200_000);
const rows = 1_000;
const seeds = [1, 2, 3];

describe("what the binlog says of a row is what SELECT says of it", () => {
  test("on MySQL 9.7, thousands of rows", async () => {
    await using server = await startMysql({ serverId: 101 });
    const compress = ["SET binlog_transaction_compression = ON"];
    for (const seed of seeds)
      await expectDecodedAsSelected({ server, matrix: mysqlMatrix, compress, rows, seed }, signal);
  }, 600_000);

  test("on MySQL 8.0.15", async () => {
    await using server = await startMysql({ serverId: 101, version: "8.0.15" });
    for (const seed of seeds)
      await expectDecodedAsSelected({ server, matrix: oldMysqlMatrix, compress: [], rows, seed }, signal);
  }, 600_000);

  test("on MariaDB 11.8", async () => {
    await using server = await startMariadb({ serverId: 101, domain: 1, version: "11.8" });
    const compress = ["SET GLOBAL log_bin_compress = ON, GLOBAL log_bin_compress_min_len = 10"];
    for (const seed of seeds)
      await expectDecodedAsSelected({ server, matrix: mariadbMatrix, compress, rows, seed }, signal);
  }, 600_000);
});
