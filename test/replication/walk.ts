import { Random } from "./random.ts";
import { SchemaWalk, type WalkOptions } from "./schema-walk.ts";
import { ServerLink, type ServerName } from "./server-link.ts";
import { crossMatrix, mariadbMatrix, mysqlMatrix, oldMysqlMatrix } from "./type-matrix.ts";

export interface WalkTrial {
  readonly source: ServerName;
  readonly target: ServerName;
  readonly seed: number;
  readonly steps: number;
}

/** How much the source took. */
export interface Walked {
  readonly rows: number;
  readonly changes: number;
}

/** A link follows random rows and random changes of the schema, now running and now behind; again and again both sides are compared. */
export async function walk({ source, target, seed, steps }: WalkTrial): Promise<Walked> {
  await using link = await ServerLink.start(["shop"], { source, target });
  const random = new Random(seed ^ 0x5eed);
  await link.east.query("CREATE DATABASE shop");
  const writer = await link.east.connect({ database: "shop" });
  await writer.query("SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00', innodb_strict_mode = 0");
  const steppedBy = new SchemaWalk({ seed, ...columnsOf(source, target) });
  link.run();
  // A first copy begins anew when the schema is changed under it.
  await link.reach();
  let running = true;
  let walked: Walked = { rows: 0, changes: 0 };
  const take = async (sql: string): Promise<number> => {
    const [result] = await writer.query(sql);
    return (result as { affectedRows?: number }).affectedRows ?? 0;
  };
  for (let step = 0; step < steps; step += 1) {
    const next = steppedBy.next();
    try {
      if (!next.schema) await take("BEGIN");
      let rows = 0;
      for (const sql of next.statements) rows += await take(sql);
      if (!next.schema) await take(random.below(20) === 0 ? "ROLLBACK" : "COMMIT");
      next.done();
      walked = { rows: walked.rows + rows, changes: walked.changes + (next.schema ? 1 : 0) };
    } catch {
      // What the server refuses is no part of the walk.
      await take("ROLLBACK");
    }
    if (random.below(60) !== 0) continue;
    if (running && random.below(2) === 0) {
      await link.stop();
      running = false;
      continue;
    }
    if (!running) link.run();
    running = true;
    await link.reach(120_000);
    await link.expectSameRows();
  }
  if (!running) link.run();
  await link.reach(120_000);
  await link.expectSameRows();
  if (source === target) await link.expectEqual();
  return walked;
}

function columnsOf(
  source: ServerName,
  target: ServerName,
): Pick<WalkOptions, "columns" | "invisible" | "shared"> {
  const old = source === "MySQL 8.0.15" || target === "MySQL 8.0.15";
  const mariadb = source.startsWith("MariaDB");
  if (mariadb !== target.startsWith("MariaDB")) return { columns: crossMatrix, invisible: "", shared: true };
  // Each MySQL cuts bytes in its own way that become a text.
  const hidden = { invisible: old ? "" : "INVISIBLE", shared: !mariadb && source !== target };
  if (mariadb) return { columns: mariadbMatrix.columns, ...hidden };
  return { columns: (old ? oldMysqlMatrix : mysqlMatrix).columns, ...hidden };
}
