import type { DomainPositions } from "../core/domain-position.ts";
import { checkpointSql, fed, recordEpochSql, spared, type DatabaseDialect } from "./database-dialect.ts";

/** MariaDB: loops and conditions without a stored procedure. */
export const mariadbDialect: DatabaseDialect = {
  state: (client) => fed(stateSql, client),
  checkpoint: (client) => fed(checkpointSql, client),
  freeze: (client, keepUsers) => fed(freezeSql(keepUsers), client),
  promote: (client, epoch) => fed(promoteSql(epoch), client),
};

/** The session's own domain is the server's. The statement changes nothing, and takes a number all the same. */
export function numberAfterSql(given: DomainPositions): string {
  const last = [...given.values()].reduce((most, { sequence }) => (sequence > most ? sequence : most), 0n);
  return `SET SESSION gtid_seq_no = ${last + 1n};\nCREATE DATABASE IF NOT EXISTS hotsite;\n`;
}

const stateSql = `SELECT JSON_OBJECT(
  'writable', IF(@@GLOBAL.read_only = 0, TRUE, FALSE) IS TRUE,
  'position', @@GLOBAL.gtid_binlog_pos, 'origin', @@GLOBAL.gtid_domain_id);
`;

function freezeSql(keepUsers: readonly string[]): string {
  return `SET SESSION lock_wait_timeout = 10;
DELIMITER //
BEGIN NOT ATOMIC
  ${endConnections(keepUsers)}
  SET GLOBAL read_only = ON;
  ${endConnections(keepUsers)}
END //
DELIMITER ;
SELECT JSON_OBJECT('position', @@GLOBAL.gtid_binlog_pos);
`;
}

function promoteSql(epoch: number): string {
  return `${recordEpochSql(epoch)}DELIMITER //
BEGIN NOT ATOMIC
  IF (SELECT epoch FROM hotsite.authority WHERE id = 1) = ${epoch} THEN SET GLOBAL read_only = OFF; END IF;
END //
DELIMITER ;
SELECT JSON_OBJECT('epoch', (SELECT epoch FROM hotsite.authority WHERE id = 1), 'position', @@GLOBAL.gtid_binlog_pos);
`;
}

function endConnections(keepUsers: readonly string[]): string {
  return `FOR connection IN (
    SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND user NOT IN (${spared(keepUsers)})
  ) DO BEGIN
    DECLARE CONTINUE HANDLER FOR 1094 BEGIN END;
    EXECUTE IMMEDIATE CONCAT('KILL CONNECTION ', connection.id);
  END; END FOR;`;
}
