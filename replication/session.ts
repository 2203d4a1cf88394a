import type { Flavour } from "./flavour.ts";
import { quoteName, quoteString } from "./literal.ts";
import type { Checks, SchemaStatement, StatementChange } from "./record.ts";

export const allChecks: Checks = { foreignKeys: true, unique: true, constraints: true };

export function sameChecks(a: Checks, b: Checks): boolean {
  return a.foreignKeys === b.foreignKeys && a.unique === b.unique && a.constraints === b.constraints;
}

/**
 * Whoever asks a server gets whole answers, whatever its defaults are: all rows, long joins, names between quotes, and keys that were
 * generated. MariaDB passes over what is said to a MySQL of a version.
 */
export const wholeAnswers =
  "SET sql_select_limit = 18446744073709551615, sql_big_selects = 1, sql_quote_show_create = 1, autocommit = 1, completion_type = 0" +
  " /*!80030 , show_gipk_in_create_table_and_information_schema = 1 */; SET SESSION TRANSACTION READ WRITE";

/**
 * What the session of an applier must be, whatever the server's defaults are. Strict: a value that would be changed on its way in is an error.
 * Zero and impossible dates are let through, as the source may hold them.
 */
export function sessionSql(flavour: Flavour): string {
  return [
    "SET NAMES utf8mb4",
    `SET collation_server = @@GLOBAL.collation_server, time_zone = '+00:00', timestamp = DEFAULT`,
    wholeAnswers,
    // What the source made without saying of which engine is of this one there.
    "SET default_storage_engine = InnoDB, explicit_defaults_for_timestamp = 1, sql_safe_updates = 0, sql_auto_is_null = 0",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET innodb_lock_wait_timeout = 10, lock_wait_timeout = 30, wait_timeout = 28800",
    ownSettings[flavour],
    checksSql(allChecks, flavour),
    sqlModeSql(false),
    appliesSql,
  ].join(";\n");
}

/** What only one kind of server knows. Tables are made as the source has them: without a key that it did not ask for, with references that it allows. */
const ownSettings: Readonly<Record<Flavour, string>> = {
  mariadb:
    "SET max_statement_time = 0, innodb_strict_mode = 0, sql_if_exists = 0 /*M!110201 , character_set_collations = '' */",
  mysql:
    "SET max_execution_time = 0, sql_require_primary_key = 0 /*!80030 , sql_generate_invisible_primary_key = 0 */ " +
    "/*!80400 , restrict_fk_on_non_standard_key = 0 */",
};

/** Triggers that came from the source look at it: see `guarded`. */
const appliesSql = "SET @hotsite_applies = 1";

export function sqlModeSql(lenient: boolean): string {
  const mode = "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES";
  return `SET sql_mode = '${mode}${lenient ? "" : ",STRICT_ALL_TABLES"}'`;
}

/** MySQL always checks constraints. */
export function checksSql({ foreignKeys, unique, constraints }: Checks, flavour: Flavour): string {
  const flag = (on: boolean): number => (on ? 1 : 0);
  const both = `SET foreign_key_checks = ${flag(foreignKeys)}, unique_checks = ${flag(unique)}`;
  return flavour === "mysql" ? both : `${both}, check_constraint_checks = ${flag(constraints)}`;
}

/** The session of the source in which a statement was run. `database`: the default one, which has to be there. */
export function contextSql(change: StatementChange, database: string, flavour: Flavour): string {
  const { sqlMode, collationConnection, collationServer, timeZone, timestamp, checks } = change;
  const { ifExists, explicitTimestamps, charsetCollations, dayNames = english } = change;
  const { variables = [] } = change;
  const { increment, offset } = change.autoIncrement ?? { increment: 1, offset: 1 };
  return [
    ...useSql(database),
    ...(ifExists === true && flavour === "mariadb" ? ["SET sql_if_exists = 1"] : []),
    `SET sql_mode = ${String(sqlMode)}, collation_connection = ${collationConnection}`,
    `SET collation_server = ${collationServer}, timestamp = ${timestamp}`,
    ...(timeZone === undefined ? [] : [`SET time_zone = ${quoteString(timeZone)}`]),
    ...variables.map(({ name, literal }) => `SET @${quoteName(name)} = ${literal}`),
    `SET auto_increment_increment = ${increment}, auto_increment_offset = ${offset}, lc_time_names = ${dayNames}`,
    `SET explicit_defaults_for_timestamp = ${explicitTimestamps === false ? 0 : 1}`,
    ...(flavour === "mysql" ? utf8mb4Sql(change) : charsetsSql(charsetCollations ?? [])),
    checksSql(checks, flavour),
  ].join(";\n");
}

/** The servers' number of `en_US`. */
const english = 0;

/** What `utf8mb4` alone means; only MySQL has it, and says it with every statement. */
function utf8mb4Sql({ collationUtf8mb4 }: StatementChange): readonly string[] {
  return collationUtf8mb4 === undefined ? [] : [`SET default_collation_for_utf8mb4 = ${collationUtf8mb4}`];
}

/**
 * What character sets alone mean to MariaDB from 11.2 on. An older server knows no such setting and refuses, rather than make a column of
 * another collation.
 */
function charsetsSql(collations: readonly number[]): readonly string[] {
  if (collations.length === 0) return [];
  return [
    `SET character_set_collations = (SELECT GROUP_CONCAT(CONCAT(character_set_name, '=', full_collation_name))
       FROM information_schema.collation_character_set_applicability WHERE id IN (${collations.join(",")}))`,
  ];
}

/** The session in which a part of the schema is made: tables in any order, so that references may point ahead. */
export function schemaContextSql(
  { database, sqlMode, collationConnection, timeZone }: SchemaStatement,
  flavour: Flavour,
): string {
  return [
    ...useSql(database),
    `SET sql_mode = ${quoteString(sqlMode)}`,
    `SET collation_connection = ${quoteString(collationConnection)}`,
    ...(timeZone === undefined ? [] : [`SET time_zone = ${quoteString(timeZone)}`]),
    checksSql({ ...allChecks, foreignKeys: false }, flavour),
  ].join(";\n");
}

function useSql(database: string): readonly string[] {
  return database === "" ? [] : [`USE \`${database.replaceAll("`", "``")}\``];
}
