import { feed, type Command } from "../core/command.ts";
import { quoteString } from "./literal.ts";

/** The client with its options, connecting as an administrator. */
export type Client = readonly [string, ...string[]];

/** How one kind of server is asked and told. The output of each is one line of JSON. */
export interface DatabaseDialect {
  state(client: Client): Command;
  checkpoint(client: Client): Command;
  /** Connections of all but `keepUsers` are ended before, so that a long statement does not keep it waiting, and after, for those that came meanwhile. */
  freeze(client: Client, keepUsers: readonly string[]): Command;
  /** The epoch is on the disk before the first write can be. It is local to the server, so it takes no GTID. */
  promote(client: Client, epoch: number): Command;
}

export function fed(sql: string, [program, ...options]: Client): Command {
  return feed(sql, program, ...options, "--batch", "--raw", "--skip-column-names");
}

/**
 * Users whose connections are not the application's. Who has not said yet who he is may be one of them, and if not, finds a server that
 * is read-only.
 */
export function spared(keepUsers: readonly string[]): string {
  return ["system user", "event_scheduler", "unauthenticated user", ...keepUsers].map(quoteString).join(", ");
}

export const checkpointSql = `SELECT COALESCE((SELECT JSON_OBJECT(
  'stream', stream, 'epoch', epoch, 'sequence', sequence, 'position', position)
  FROM hotsite.checkpoint ORDER BY epoch DESC, updated DESC LIMIT 1), 'null');
`;

export function recordEpochSql(epoch: number): string {
  return `SET SESSION sql_log_bin = 0;
INSERT INTO hotsite.authority (id, epoch) VALUES (1, ${epoch})
  ON DUPLICATE KEY UPDATE epoch = GREATEST(epoch, VALUES(epoch));
`;
}
