import type { Flavour } from "../../replication/flavour.ts";
import type { ServerLink } from "./server-link.ts";

/** Two servers of a kind whose defaults are odd while the link copies and follows. */
export async function followOddDefaults(link: ServerLink): Promise<void> {
  const { flavour } = link.east;
  // They ask as they always did.
  const [writer, admin] = [await link.east.connect(), await link.west.connect()];
  for (const sql of [
    "USE shop",
    "CREATE TABLE `odd one` (id INT PRIMARY KEY, `b c` VARCHAR(20), UNIQUE KEY (`b c`))",
    "CREATE TABLE no_key (v INT, w INT, x INT, y INT)",
    ...Array.from({ length: 9 }, (_, index) => `INSERT INTO \`odd one\` VALUES (${index}, '${index}\\\\')`),
    "INSERT INTO no_key SELECT id, id, id, id FROM `odd one`",
    ...(flavour === "mysql"
      ? [
          "SET SESSION sql_generate_invisible_primary_key = 1",
          "CREATE TABLE made_key (v INT)",
          "INSERT INTO made_key VALUES (1), (1), (2)",
          "SET SESSION sql_generate_invisible_primary_key = 0",
        ]
      : []),
    "SET SESSION default_storage_engine = InnoDB",
  ])
    await writer.query(sql);
  for (const sql of oddDefaults[flavour]) {
    await writer.query(sql);
    await admin.query(sql);
  }
  link.run();
  await link.reach();
  for (const sql of [
    "CREATE TABLE late (id INT PRIMARY KEY, v INT)",
    "INSERT INTO late SELECT id, 1 FROM `odd one`",
    "UPDATE no_key SET v = v + 1 WHERE w % 2 = 0",
    "DELETE FROM `odd one` WHERE id < 3",
    ...(flavour === "mysql" ? ["UPDATE made_key SET v = 5 WHERE v = 2"] : []),
    "ALTER TABLE late ADD g INT AS (v + 1) STORED",
    "UPDATE late SET v = 2",
  ])
    await writer.query(sql);
  await link.reach();
  // Whoever compares asks with these defaults, too.
  for (const one of [writer, admin])
    await one.query(
      "SET GLOBAL sql_select_limit = DEFAULT, sql_quote_show_create = DEFAULT, max_join_size = DEFAULT",
    );
  await link.expectSameRows();
  await link.expectEqual();
}

/** Defaults that are legal, and change what a session without settings of its own is told or does. */
const oddDefaults: Readonly<Record<Flavour, readonly string[]>> = {
  mariadb: [...oddCommon(), "SET GLOBAL default_storage_engine = Aria, tx_read_only = 1"],
  mysql: [
    ...oddCommon(),
    "SET GLOBAL default_storage_engine = MyISAM, transaction_read_only = 1",
    "SET GLOBAL sql_generate_invisible_primary_key = 1, show_gipk_in_create_table_and_information_schema = 0",
  ],
};

function oddCommon(): readonly string[] {
  return [
    "SET GLOBAL sql_select_limit = 2, sql_quote_show_create = 0, autocommit = 0, completion_type = 'CHAIN'",
    "SET GLOBAL max_join_size = 100, max_sort_length = 64, foreign_key_checks = 0, unique_checks = 0, sql_notes = 0",
    "SET GLOBAL sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES'",
  ];
}
