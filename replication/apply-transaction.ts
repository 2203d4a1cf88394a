import { HotsiteError } from "../core/errors.ts";
import type { LinkOrder } from "../core/protection.ts";
import { ApplyError, type RecordName } from "./apply-error.ts";
import { lostCheckpoint } from "./checkpoint.ts";
import { writtenLeniently } from "./lenient.ts";
import type { Lane } from "./lane.ts";
import type { RowsChange, TableSchema } from "./record.ts";
import type { TargetTable } from "./row-sql.ts";
import { backToSavepoint, StatementWriter, type Statement } from "./statements.ts";
import { TargetError, type Target } from "./target.ts";
import type { TargetTables } from "./target-tables.ts";
import type { TextRows } from "./text-rows.ts";

export interface TransactionStart {
  /** Sets the GTID. */
  readonly identity: readonly string[];
  /** Moves the checkpoint, or holds it: one row. */
  readonly move: string;
  readonly order: LinkOrder;
  /** One statement at a time. */
  readonly careful: boolean;
  /** What is sent goes through it. */
  readonly lane: Lane;
  /** The target reads files. */
  readonly loads: boolean;
}

/** Far below `max_allowed_packet`, which is 16 MB unless somebody made it smaller. */
const packetCharacters = 1024 * 1024;

/** One transaction of the target. Statements are collected and sent in few packets; the caller commits. */
export class ApplyTransaction {
  readonly #target: Target;
  readonly #tables: TargetTables;
  readonly #start: TransactionStart;
  #writer: StatementWriter;
  #before: Statement[];
  #record: RecordName = { seq: 0 };
  #heartbeatMs: number | undefined;

  constructor(target: Target, tables: TargetTables, start: TransactionStart) {
    this.#target = target;
    this.#tables = tables;
    this.#start = start;
    this.#writer = this.#newWriter();
    this.#before = [...start.identity, "START TRANSACTION"].map((sql) => ({ sql, what: () => sql }));
    this.move(start.move);
  }

  /** The newest heartbeat of the source inside. */
  get heartbeatMs(): number | undefined {
    return this.#heartbeatMs;
  }

  /** Each change is to be sent alone. */
  get careful(): boolean {
    return this.#start.careful;
  }

  /** `schema`: as the stream says, `table`: as the target has it. */
  add(change: RowsChange, schema: TableSchema, table: TargetTable, record: RecordName): void {
    this.#record = record;
    this.#writer.add(change, table);
    this.#heartbeatMs = heartbeatIn(change, schema) ?? this.#heartbeatMs;
  }

  /** Sends what was collected and waits until it is done. */
  async sendAlone(): Promise<void> {
    await this.send();
    await this.#start.lane.drained();
  }

  async copy(schema: TableSchema, rows: TextRows, record: RecordName): Promise<void> {
    this.#record = record;
    this.#writer.copy(await this.#tables.of(schema), rows.images(schema.columns));
  }

  /** Moves the checkpoint before whatever is added next. */
  move(sql: string): void {
    this.#before.push({ sql, rows: 1, what: () => checkpointName });
  }

  /** Sends what was collected, after all that was sent before. */
  async send(): Promise<void> {
    const statements = [...this.#before, ...this.#writer.finish()];
    const record = this.#record;
    this.#before = [];
    this.#writer = this.#newWriter();
    const ready = [...packets(statements, this.#start.careful ? 1 : packetCharacters)];
    await this.#start.lane.add(async () => {
      for (const packet of ready) await this.#exchange(packet, record);
    });
  }

  #newWriter(): StatementWriter {
    const { careful, loads } = this.#start;
    const { flavour } = this.#target.version;
    return new StatementWriter(careful, flavour, (table) => loads && this.#tables.loads(table));
  }

  async #exchange(packet: readonly Statement[], record: RecordName): Promise<void> {
    const [only] = packet;
    if (only?.file === undefined) return this.#exchangeSql(packet, record);
    const loaded = await this.#loaded(only.sql, only.file.body);
    if (loaded === only.rows) return;
    this.#tables.refuseLoads(only.file.table);
    await this.#target.run(backToSavepoint);
    for (const inserts of packets(only.file.inserts(), packetCharacters))
      await this.#exchangeSql(inserts, record);
  }

  /** A file is not what finds out what is wrong. */
  async #loaded(sql: string, body: Buffer): Promise<number | undefined> {
    return this.#target.load(sql, body).catch((error: unknown) => {
      if (error instanceof TargetError) return undefined;
      throw error;
    });
  }

  async #exchangeSql(packet: readonly Statement[], record: RecordName): Promise<void> {
    const counts = await this.#run(packet, record);
    const wrong = packet.findIndex(({ rows }, index) => rows !== undefined && rows !== counts[index]);
    const statement = packet[wrong];
    if (statement === undefined) return;
    if (statement.what() === checkpointName) throw lostCheckpoint(this.#start.order);
    const found = `${counts[wrong] ?? 0} rows instead of ${statement.rows ?? 0}`;
    throw new ApplyError(this.#start.order, record, `${statement.what()}: ${found}`);
  }

  async #run(packet: readonly Statement[], record: RecordName): Promise<readonly number[]> {
    try {
      return await this.#target.run(packet.map(({ sql }) => sql).join(";\n"));
    } catch (error) {
      if (!(error instanceof TargetError)) throw error;
      const [only, ...others] = packet;
      const rows =
        only === undefined || others.length > 0 ? undefined : await writtenLeniently(this.#target, only);
      if (rows !== undefined) return [rows];
      const what = packet.length === 1 ? (packet[0]?.what() ?? "") : `${packet.length} statements`;
      throw new ApplyError(this.#start.order, record, `${what}: ${error.message}`, error);
    }
  }
}

const checkpointName = "checkpoint";

function* packets(statements: readonly Statement[], limit: number): Generator<readonly Statement[]> {
  let packet: Statement[] = [];
  let characters = 0;
  for (const statement of statements) {
    const full = characters + statement.sql.length > limit;
    if (packet.length > 0 && (full || statement.file !== undefined || packet.at(-1)?.file !== undefined)) {
      yield packet;
      [packet, characters] = [[], 0];
    }
    packet.push(statement);
    characters += statement.sql.length;
  }
  if (packet.length > 0) yield packet;
}

function heartbeatIn(change: RowsChange, { database, table, columns }: TableSchema): number | undefined {
  if (database !== "hotsite" || table !== "heartbeat" || change.kind === "delete") return undefined;
  const row = (change.after ?? change.rows).at(-1);
  const at = row?.[columns.findIndex(({ name }) => name === "at_ms")];
  if (typeof at !== "number" && typeof at !== "bigint")
    throw new HotsiteError("bad-record", "a heartbeat without its time");
  return Number(at);
}
