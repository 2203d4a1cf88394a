import { describe, expect, test } from "@jest/globals";
import { Interpreter } from "../../replication/foreign/foreign.ts";
import { piecesOf, textOf } from "../../replication/foreign/pieces.ts";
import { statement } from "./stream.ts";

const plain = { database: "shop", sqlMode: "", collationConnection: "utf8mb4_general_ci" };

const shared = ["utf8mb4_general_ci", "utf8mb4_bin", "latin1_swedish_ci", "utf8mb3_general_ci"];
const toMysql = new Interpreter(
  "mysql",
  new Set([
    ...shared,
    "utf8mb4_0900_ai_ci",
    "utf8mb4_0900_as_cs",
    "utf8mb4_sv_0900_ai_ci",
    "utf8mb4_0900_bin",
  ]),
);
const toMariadb = new Interpreter(
  "mariadb",
  new Set([
    ...shared,
    "utf8mb4_uca1400_nopad_ai_ci",
    "utf8mb4_uca1400_swedish_nopad_ai_ci",
    "utf8mb4_nopad_bin",
  ]),
);

const made = (interpreter: Interpreter, sql: string): string => interpreter.schema({ ...plain, sql }).sql;

test.each([
  ["ALTER TABLE t ADD COLUMN a INT, ALGORITHM=INSTANT", "ALTER TABLE t ADD COLUMN a INT"],
  [
    "ALTER TABLE t ALGORITHM = INPLACE, LOCK NONE, ADD KEY (a), ADD b INT",
    "ALTER TABLE t   ADD KEY (a), ADD b INT",
  ],
  ["ALTER TABLE t FORCE, LOCK=NONE, ALGORITHM=NOCOPY /* why */", "ALTER TABLE t FORCE /* why */"],
  ["CREATE INDEX i ON t (a) ALGORITHM=INPLACE LOCK=SHARED", "CREATE INDEX i ON t (a)  "],
  ["ALTER TABLE t PARTITION BY KEY ALGORITHM=2 (a)", "ALTER TABLE t PARTITION BY KEY ALGORITHM=2 (a)"],
  [
    "ALTER TABLE t ADD `lock` INT, ADD s CHAR(9) DEFAULT 'LOCK=NONE'",
    "ALTER TABLE t ADD `lock` INT, ADD s CHAR(9) DEFAULT 'LOCK=NONE'",
  ],
])("how the source did it is left to the target: %s", (sql, told) => {
  for (const interpreter of [toMysql, toMariadb]) expect(made(interpreter, sql)).toBe(told);
});

describe("what a MySQL is told of a MariaDB's schema", () => {
  test.each([
    ["utf8mb4_uca1400_ai_ci", "utf8mb4_0900_ai_ci"],
    ["utf8mb4_uca1400_nopad_as_ci", "utf8mb4_0900_as_cs"],
    ["utf8mb4_uca1400_swedish_ai_ci", "utf8mb4_sv_0900_ai_ci"],
    ["uca1400_ai_ci", "utf8mb4_0900_ai_ci"],
    ["utf8mb4_nopad_bin", "utf8mb4_0900_bin"],
    ["utf8_general_ci", "utf8mb3_general_ci"],
    ["utf8mb4_bin", "utf8mb4_bin"],
  ])("%s becomes %s", (from, to) => {
    expect(made(toMysql, `CREATE TABLE \`t\` (\`v\` varchar(9) COLLATE ${from}) COLLATE=${from}`)).toBe(
      `CREATE TABLE \`t\` (\`v\` varchar(9) COLLATE ${to}) COLLATE=${to}`,
    );
  });

  test.each(["utf8mb4_persian_mysql_ci", "utf8mb4_uca1400_sinhala_ai_ci", "latin1_swedish_nopad_ci"])(
    "there is nothing like %s: the statement is named",
    (name) => {
      expect(() => made(toMysql, `CREATE TABLE t (v varchar(9) COLLATE ${name})`)).toThrow(
        expect.objectContaining({ code: "untranslatable", message: expect.stringContaining(name) }),
      );
    },
  );

  test("defaults get the brackets that it wants", () => {
    const defaults = [
      ["char(36) DEFAULT uuid()", "char(36) DEFAULT (uuid())"],
      ["text DEFAULT 'it''s, (so)' COMMENT 'DEFAULT x'", "text DEFAULT ('it''s, (so)') COMMENT 'DEFAULT x'"],
      ["text DEFAULT NULL", "text DEFAULT NULL"],
      ["int(11) DEFAULT (1 + 2)", "int(11) DEFAULT (1 + 2)"],
      [
        "varchar(9) DEFAULT concat('a','b') CHECK (`c` <> 'x')",
        "varchar(9) DEFAULT (concat('a','b')) CHECK (`c` <> 'x')",
      ],
      [
        "datetime(3) DEFAULT current_timestamp(3) ON UPDATE current_timestamp(3)",
        "datetime(3) DEFAULT current_timestamp(3) ON UPDATE current_timestamp(3)",
      ],
      ["bit(1) DEFAULT b'0'", "bit(1) DEFAULT b'0'"],
    ];
    for (const [from, to] of defaults)
      expect(made(toMysql, `CREATE TABLE \`t\` (\`c\` ${from})`)).toBe(`CREATE TABLE \`t\` (\`c\` ${to})`);
  });

  test("what is MariaDB's own way of keeping a table goes, hidden indexes stay hidden, checks get names of their own", () => {
    const sql =
      "CREATE TABLE `t` (\n  `v` text /*M!100301 COMPRESSED*/ DEFAULT NULL,\n  KEY `k` (`v`(10)) IGNORED,\n" +
      "  CONSTRAINT `CONSTRAINT_1` CHECK (`v` > '')\n) ENGINE=InnoDB `PAGE_COMPRESSED`='1' ENCRYPTED=YES COMMENT='ENCRYPTED=YES'";
    expect(made(toMysql, sql).replaceAll(/\s+/g, " ")).toBe(
      "CREATE TABLE `t` ( `v` text DEFAULT NULL, KEY `k` (`v`(10)) INVISIBLE, CHECK (`v` > '') ) ENGINE=InnoDB COMMENT='ENCRYPTED=YES'",
    );
  });

  test("modes that it does not have are left out of a session", () => {
    const told = toMysql.schema({
      ...plain,
      sql: "CREATE VIEW v AS SELECT 1",
      sqlMode: "ANSI_QUOTES,NO_AUTO_CREATE_USER",
    });
    expect(told.sqlMode).toBe("ANSI_QUOTES");
    const all = 0b11n << 33n;
    expect(
      toMysql.statement(statement("CREATE TABLE a (b INT)", { sqlMode: all | (1n << 28n) | 4n }), "1-1-1")
        .sqlMode,
    ).toBe(4);
    expect(() => toMysql.statement(statement("CREATE TABLE a (b INT)", { sqlMode: 512 }), "1-1-7")).toThrow(
      /1-1-7: .*ORACLE/,
    );
  });

  test("of several tables that are dropped, those that are there", () => {
    const dropped = (sql: string, ifExists?: true): string =>
      toMysql.statement(statement(sql, ifExists && { ifExists }), "1-1-1").sql;
    expect(dropped("DROP TABLE `a`,`IF` /* generated by server */")).toBe(
      "DROP TABLE IF EXISTS `a`,`IF` /* generated by server */",
    );
    expect(dropped("DROP VIEW a", true)).toBe("DROP VIEW IF EXISTS a");
    expect(dropped("DROP TABLE a")).toBe("DROP TABLE a");
    for (const sql of ["DROP TABLE/* */IF EXISTS a, b", "DROP INDEX a ON b", "CREATE TABLE a (b INT)"])
      expect(dropped(sql, true)).toBe(sql);
  });

  test("collations of a session that it does not have give way to one of the same character set", () => {
    const told = toMysql.statement(
      statement("DROP TABLE a", { collationConnection: 2304, collationServer: 8 }),
      "1-1-1",
    );
    expect([told.collationConnection, told.collationServer]).toEqual([45, 8]);
  });
});

describe("what a MariaDB is told of a MySQL's schema", () => {
  test("comments that MySQL executes are no comments", () => {
    const columns = [
      ["int /*!80023 INVISIBLE */", "int INVISIBLE"],
      ["point /*!80003 SRID 4326 */", "point REF_SYSTEM_ID=4326"],
      [
        "int GENERATED ALWAYS AS ((`a` + 1)) STORED NOT NULL COMMENT 'NOT NULL'",
        "int GENERATED ALWAYS AS ((`a` + 1)) STORED COMMENT 'NOT NULL'",
      ],
    ];
    for (const [from, to] of columns)
      expect(made(toMariadb, `CREATE TABLE \`t\` (\`c\` ${from})`).replaceAll(/ +/g, " ")).toBe(
        `CREATE TABLE \`t\` (\`c\` ${to})`,
      );
    expect(
      made(
        toMariadb,
        "CREATE DATABASE `a` /*!40100 DEFAULT CHARACTER SET latin1 */ /*!80016 DEFAULT ENCRYPTION='N' */",
      ),
    ).toBe("CREATE DATABASE `a` /*!40100 DEFAULT CHARACTER SET latin1 */ ");
    expect(made(toMariadb, "CREATE TABLE `t` (`a` int, KEY `k` (`a`) /*!80000 INVISIBLE */)")).toBe(
      "CREATE TABLE `t` (`a` int, KEY `k` (`a`) IGNORED)",
    );
  });

  test("collations become those with the same idea of equal texts: without padding", () => {
    expect(
      made(toMariadb, "CREATE TABLE `t` (`a` int) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci"),
    ).toBe("CREATE TABLE `t` (`a` int) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_nopad_ai_ci");
    expect(
      toMariadb.statement(
        statement("ALTER TABLE t ADD c TEXT COLLATE 'utf8mb4_sv_0900_ai_ci' DEFAULT ('COLLATE x')"),
        "u:1",
      ).sql,
    ).toBe("ALTER TABLE t ADD c TEXT COLLATE utf8mb4_uca1400_swedish_nopad_ai_ci DEFAULT ('COLLATE x')");
  });

  test.each([
    ["an index of an expression", "CREATE TABLE `t` (`a` int, KEY `k` ((`a` + 1)))"],
    [
      "a check that is not enforced",
      "CREATE TABLE `t` (`a` int, CONSTRAINT `c` CHECK ((`a` > 0)) /*!80016 NOT ENFORCED */)",
    ],
    ["a character set that it does not have", "CREATE TABLE `t` (`a` text COLLATE gb18030_bin)"],
  ])("%s is refused with the statement", (_what, sql) => {
    expect(() => made(toMariadb, sql)).toThrow(
      expect.objectContaining({ code: "untranslatable", message: expect.stringContaining(sql) }),
    );
  });
});

test("whatever a statement holds, its pieces are it", () => {
  const sql = "CREATE /* x */ TABLE `a``b` ('it''s' \"\\\"\" -- y\n, /*!80023 c */ é=1.5e3);#z";
  expect(textOf(piecesOf(sql))).toBe(sql);
});
