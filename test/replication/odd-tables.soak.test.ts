import { describe, expect, test } from "@jest/globals";
import type { DatabaseServer } from "../support/database-server.ts";
import { followOddDefaults } from "./odd-defaults.ts";
import { odditiesOf } from "./odd-tables.ts";
import { ServerLink, type ServerName } from "./server-link.ts";

const databases = ["copied", "streamed"];
const extra = ["--sync-binlog=0", "--innodb-flush-log-at-trx-commit=0"];
const servers: readonly ServerName[] = ["MariaDB 10.11", "MariaDB 11.8", "MySQL 9.7"];

describe.each(servers)("whatever a %s may hold is copied and followed", (server) => {
  const all = odditiesOf(server.startsWith("MySQL") ? "mysql" : "mariadb").map(
    (one) => [one.name, one] as const,
  );

  test.each(all)(
    "%s",
    async (_name, { make, change }) => {
      await using link = await ServerLink.start(databases, { source: server, target: server, extra });
      const writer = await link.east.connect();
      const same = async (): Promise<void> => {
        await link.reach(120_000);
        await link.expectSameRows();
        expect(await definitionsOf(link.west)).toEqual(await definitionsOf(link.east));
      };
      for (const sql of [...databases.map((name) => `CREATE DATABASE ${name}`), "USE copied", ...make])
        await writer.query(sql);
      link.run();
      await same();
      for (const sql of change) await writer.query(sql);
      await same();
      for (const sql of ["USE streamed", ...make, ...change]) await writer.query(sql);
      await same();
    },
    300_000,
  );
});

test.each(servers)(
  "%s: defaults that cut answers short, hide keys, make other engines and commit otherwise",
  async (server) => {
    await using link = await ServerLink.start(["shop"], { source: server, target: server });
    await link.east.query("CREATE DATABASE shop");
    await followOddDefaults(link);
  },
  300_000,
);

/** As the server shows them: tables, views, and what the programs are made of. */
async function definitionsOf(server: DatabaseServer): Promise<readonly string[]> {
  const tables = await server.query(
    `SELECT CONCAT('\`', TABLE_SCHEMA, '\`.\`', REPLACE(TABLE_NAME, '\`', '\`\`'), '\`') AS name FROM information_schema.TABLES
     WHERE TABLE_SCHEMA IN ('copied', 'streamed')`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const [shown = {}] = await server.query(`SHOW CREATE TABLE ${String(name)}`);
    texts.push(String(Object.values(shown)[1]).replace(/ AUTO_INCREMENT=\d+/, ""));
  }
  const programs = await server.query(
    `SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE, ROUTINE_DEFINITION, SQL_MODE, ROUTINE_COMMENT, DEFINER, CHARACTER_SET_CLIENT
     FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA IN ('copied', 'streamed') ORDER BY 1, 2, 3`,
  );
  // Names that differ in accents only are in no order for a server.
  return [...texts.sort(), ...programs.map((row) => JSON.stringify(row))];
}
