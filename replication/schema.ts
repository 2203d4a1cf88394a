import { decidedTableSql } from "./undecided.ts";

/** Rows that a repair has changed. */
export const repairedTableSql = `CREATE TABLE IF NOT EXISTS hotsite.repaired (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  run VARCHAR(64) NOT NULL,
  at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  repaired_by VARCHAR(190) NOT NULL,
  place VARCHAR(190) NOT NULL,
  row_key TEXT NOT NULL,
  what VARCHAR(16) NOT NULL,
  digest_before CHAR(64),
  digest_after CHAR(64),
  KEY by_run (run, place)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT='rows that were made equal to those of the source'`;

/**
 * The schema that Hotsite keeps on every database server; applying it again changes nothing. It is local to each server: only the rows of
 * `heartbeat` and `ledger` travel, like the application's data.
 */
export const schemaSql = `SET SESSION sql_log_bin = 0;
CREATE DATABASE IF NOT EXISTS hotsite CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS hotsite.checkpoint (
  stream VARCHAR(190) NOT NULL PRIMARY KEY,
  epoch BIGINT UNSIGNED NOT NULL,
  sequence BIGINT UNSIGNED NOT NULL,
  position MEDIUMTEXT NOT NULL,
  updated TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT='how far each stream is applied';
CREATE TABLE IF NOT EXISTS hotsite.authority (
  id TINYINT NOT NULL PRIMARY KEY CHECK (id = 1),
  epoch BIGINT UNSIGNED NOT NULL
) ENGINE=InnoDB COMMENT='the epoch under which this server was last promoted';
CREATE TABLE IF NOT EXISTS hotsite.heartbeat (
  site VARCHAR(64) NOT NULL PRIMARY KEY,
  at_ms BIGINT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT='written each second, to measure lag';
CREATE TABLE IF NOT EXISTS hotsite.ledger (
  id BIGINT NOT NULL PRIMARY KEY,
  drill VARCHAR(64) NOT NULL,
  written_ms BIGINT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT='what the client of a drill wrote';
CREATE TABLE IF NOT EXISTS hotsite.skipped (
  stream VARCHAR(190) NOT NULL,
  gtid VARCHAR(190) NOT NULL,
  sequence BIGINT UNSIGNED NOT NULL,
  at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  skipped_by VARCHAR(190) NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (stream, gtid)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT='transactions that a person has left out';
CREATE TABLE IF NOT EXISTS hotsite.selection (
  stream VARCHAR(190) NOT NULL PRIMARY KEY,
  selection MEDIUMTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT='what each stream of a link carries';
${repairedTableSql};
${decidedTableSql};
SET SESSION sql_log_bin = 1;
`;
