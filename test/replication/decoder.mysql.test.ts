import { describe, test } from "@jest/globals";
import { startMariadb } from "../support/mariadb.ts";
import { startMysql } from "../support/mysql.ts";
import { expectDecodedAsSelected } from "./decoder.ts";
import { mariadbMatrix, mysqlMatrix } from "./type-matrix.ts";

const signal = AbortSignal.timeout(240_000);
const trial = { rows: 120, seed: 20 };

describe("what the binlog says of a row is what SELECT says of it, for every type at its edges and between, compressed or not", () => {
  test("on MariaDB", async () => {
    await using server = await startMariadb({ serverId: 101, domain: 1 });
    const compress = ["SET GLOBAL log_bin_compress = ON, GLOBAL log_bin_compress_min_len = 10"];
    await expectDecodedAsSelected({ ...trial, server, matrix: mariadbMatrix, compress }, signal);
  }, 120_000);

  test("on MySQL 9.7", async () => {
    await using server = await startMysql({ serverId: 101 });
    const compress = ["SET binlog_transaction_compression = ON"];
    await expectDecodedAsSelected({ ...trial, server, matrix: mysqlMatrix, compress }, signal);
  }, 120_000);
});
