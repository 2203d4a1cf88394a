import { existsSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { startMariadb } from "./mariadb.ts";

test("a private server keeps its data over a SIGKILL and leaves nothing behind", async () => {
  let [folder, pid] = ["", 0];
  {
    await using server = await startMariadb({ serverId: 101, domain: 1 });
    folder = server.folder;
    await server.query(
      "CREATE DATABASE a",
      "CREATE TABLE a.t (id INT PRIMARY KEY)",
      "INSERT INTO a.t VALUES (7)",
    );
    await server.kill();
    await server.restart();
    pid = server.pid;
    expect(await server.query("SELECT id, @@gtid_binlog_pos AS position FROM a.t")).toEqual([
      { id: 7, position: "1-101-3" },
    ]);
  }
  expect([existsSync(folder), existsSync(`/proc/${pid}`)]).toEqual([false, false]);
}, 60_000);
