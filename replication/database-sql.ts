import { quoteString } from "./literal.ts";

/** Each text answers with one line of JSON. */
export const stateSql = `SELECT JSON_OBJECT(
  'writable', IF(@@GLOBAL.read_only = 0, TRUE, FALSE) IS TRUE,
  'position', @@GLOBAL.gtid_binlog_pos, 'domain', @@GLOBAL.gtid_domain_id);
`;

export const checkpointSql = `SELECT COALESCE((SELECT JSON_OBJECT(
  'stream', stream, 'epoch', epoch, 'sequence', sequence, 'position', position)
  FROM hotsite.checkpoint ORDER BY epoch DESC, updated DESC LIMIT 1), 'null');
`;

/** Connections are ended before, so that a long statement does not keep `read_only` waiting, and after, for those that came meanwhile. */
export function freezeSql(keepUsers: readonly string[]): string {
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

/** The epoch is on the disk before the first write can be. It is local to the server, so it takes no GTID. */
export function promoteSql(epoch: number): string {
  return `SET SESSION sql_log_bin = 0;
INSERT INTO hotsite.authority (id, epoch) VALUES (1, ${epoch})
  ON DUPLICATE KEY UPDATE epoch = GREATEST(epoch, VALUES(epoch));
DELIMITER //
BEGIN NOT ATOMIC
  IF (SELECT epoch FROM hotsite.authority WHERE id = 1) = ${epoch} THEN SET GLOBAL read_only = OFF; END IF;
END //
DELIMITER ;
SELECT JSON_OBJECT('epoch', (SELECT epoch FROM hotsite.authority WHERE id = 1), 'position', @@GLOBAL.gtid_binlog_pos);
`;
}

function endConnections(keepUsers: readonly string[]): string {
  const kept = ["system user", "event_scheduler", ...keepUsers].map(quoteString).join(", ");
  return `FOR connection IN (
    SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND user NOT IN (${kept})
  ) DO BEGIN
    DECLARE CONTINUE HANDLER FOR 1094 BEGIN END;
    EXECUTE IMMEDIATE CONCAT('KILL CONNECTION ', connection.id);
  END; END FOR;`;
}
