import { all, command, either, pipe, type Command } from "../core/command.ts";
import {
  checkpointSql,
  fed,
  recordEpochSql,
  spared,
  type Client,
  type DatabaseDialect,
} from "./database-dialect.ts";

/** MySQL: it has no loops outside of stored procedures, so that one client's rows are another one's statements. */
export const mysqlDialect: DatabaseDialect = {
  state: (client) => fed(stateSql, client),
  checkpoint: (client) => fed(checkpointSql, client),
  freeze: (client, keepUsers) =>
    all(
      endConnections(client, keepUsers),
      fed(closeSql, client),
      endConnections(client, keepUsers),
      fed(endSql, client),
    ),
  promote: (client, epoch) => fed(promoteSql(epoch), client),
};

/** The position that the newest stream has reached here; a MariaDB's is none that this server could know. */
const appliedSql = `(SELECT position FROM hotsite.checkpoint WHERE position REGEXP '^[0-9a-f]{8}-'
  ORDER BY epoch DESC, updated DESC LIMIT 1)`;

/** Many transactions of a source become one, whose GTID stands for none of them: the checkpoint says which ones are here. */
const positionSql = String.raw`REPLACE(GTID_SUBTRACT(CONCAT_WS(',', @@GLOBAL.gtid_executed, ${appliedSql}), ''), '\n', '')`;

const stateSql = `SELECT JSON_OBJECT(
  'writable', CAST(IF(@@GLOBAL.read_only = 0, 'true', 'false') AS JSON),
  'position', ${positionSql}, 'origin', @@GLOBAL.server_uuid);
`;

const closeSql = "SET SESSION lock_wait_timeout = 10; SET GLOBAL read_only = ON;\n";
const endSql = `SELECT JSON_OBJECT('position', ${positionSql});\n`;

/** What was applied becomes known to the server before it is written to: else it would call it missing when the other site asks for its binlog. */
function promoteSql(epoch: number): string {
  return `${recordEpochSql(epoch)}SET @applied = COALESCE(${appliedSql}, '');
SET GLOBAL gtid_purged = CONCAT('+', GTID_SUBTRACT(@applied, @@GLOBAL.gtid_executed));
SET GLOBAL read_only = IF((SELECT epoch FROM hotsite.authority WHERE id = 1) = ${epoch}, 0, @@GLOBAL.read_only);
SELECT JSON_OBJECT('epoch', (SELECT epoch FROM hotsite.authority WHERE id = 1), 'position', ${positionSql});
`;
}

/** A connection that has ended by itself meanwhile is no failure. */
function endConnections(client: Client, keepUsers: readonly string[]): Command {
  const list = `SELECT CONCAT('KILL CONNECTION ', id, ';') FROM information_schema.processlist
  WHERE id <> CONNECTION_ID() AND user NOT IN (${spared(keepUsers)});
`;
  return either(pipe(fed(list, client), command(...client, "--force")), command("true"));
}
