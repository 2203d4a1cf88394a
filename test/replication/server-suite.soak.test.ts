import { expect, jest, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ServerLink } from "./server-link.ts";
import { runScript } from "./server-suite.ts";

jest.setTimeout(3_600_000);
const run = promisify(execFile);
const chosen = process.env["HOTSITE_SUITE"]?.split(",") ?? [
  ...[
    "alter_table",
    "type_date",
    "type_datetime",
    "type_time",
    "type_timestamp",
    "type_varchar",
    "type_blob",
  ],
  ...[
    "type_enum",
    "type_set",
    "type_bit",
    "type_decimal",
    "type_float",
    "type_uint",
    "type_year",
    "type_newdecimal",
  ],
  ...[
    "gis",
    "partition",
    "partition_exchange",
    "view",
    "trigger",
    "sp",
    "func_json",
    "create",
    "create_or_replace",
  ],
  ...[
    "ctype_latin1",
    "ctype_utf8mb4",
    "ctype_ucs",
    "ctype_gbk",
    "ctype_sjis",
    "default",
    "invisible_field",
    "column_compression",
  ],
  ...[
    "auto_increment",
    "insert",
    "update",
    "delete",
    "replace",
    "multi_update",
    "null",
    "foreign_key",
    "check_constraint",
  ],
];

test("a link follows what the server's own tests do to a database", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hotsite-suite-"));
  try {
    await run("apt-get", ["download", "mariadb-test-data"], { cwd: folder });
    const [archive = ""] = await readdir(folder);
    await run("dpkg", ["-x", archive, "tree"], { cwd: folder });
    const scripts = join(folder, "tree/usr/share/mysql/mysql-test/main");
    const stopped: string[] = [];
    for (const name of chosen) {
      const script = await readFile(join(scripts, `${name}.test`), "latin1").catch(() => undefined);
      if (script !== undefined) await follow(name, script, stopped);
    }
    expect(stopped).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

async function follow(name: string, script: string, stopped: string[]): Promise<void> {
  await using link = await ServerLink.start(["test"]);
  await link.east.query("CREATE DATABASE test");
  // Accounts do not travel.
  const account = ["CREATE USER app@'127.0.0.1'", "GRANT ALL ON test.* TO app@'127.0.0.1'"];
  for (const server of [link.east, link.west]) await server.query("SET sql_log_bin = 0", ...account);
  link.run();
  await link.reach();
  const writer = await link.east.connect({ user: "app", database: "test" });
  await runScript(writer, script);
  try {
    await link.reach(120_000);
    await link.expectEqual();
  } catch (error) {
    stopped.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
