import { rm } from "node:fs/promises";
import { z } from "zod";
import type { Clock } from "../core/clock.ts";
import { readIfThere, writeDurably } from "./control/durable-file.ts";
import type { Row, Value } from "./record.ts";
import { tableDifference } from "./verify-result.ts";
import type { TableDifference } from "./verify-table.ts";

/** How far the comparison of one table is. */
export interface TablePart {
  /** The last key that was compared. */
  readonly after: Row;
  readonly sourceRows: number;
  readonly targetRows: number;
  /** Keys of what seemed to differ so far. */
  readonly suspects: readonly Row[];
}

/** What a comparison that was broken off had done. */
interface Kept {
  readonly done: readonly TableDifference[];
  readonly begun?: { readonly table: string; readonly part: TablePart };
}

const everyMs = 2_000;
/** With more, the table is compared from its beginning. */
const suspectsKept = 20_000;

/** Keeps in a file how far a comparison is, until it has come to its end. Rows are not in it, their keys are. */
export class VerifyMemory {
  readonly #path: string;
  readonly #scope: string;
  readonly #clock: Clock;
  #kept: Kept = { done: [] };
  #writtenMs = 0;

  private constructor(path: string, scope: string, clock: Clock) {
    this.#path = path;
    this.#scope = scope;
    this.#clock = clock;
  }

  /** `scope`: what is compared; of another comparison nothing is taken over. Without `resume` it begins anew. */
  static async open(
    { path, scope, resume }: { readonly path: string; readonly scope: string; readonly resume: boolean },
    clock: Clock,
  ): Promise<VerifyMemory> {
    const memory = new VerifyMemory(path, scope, clock);
    if (resume) memory.#kept = (await readKept(path, scope)) ?? memory.#kept;
    return memory;
  }

  get done(): readonly TableDifference[] {
    return this.#kept.done;
  }

  begun(table: string): TablePart | undefined {
    const { begun } = this.#kept;
    return begun?.table === table ? begun.part : undefined;
  }

  /** Keeps it now and then; only then is it put together. */
  async partDone(table: string, partOf: () => TablePart): Promise<void> {
    if (this.#clock.now() < this.#writtenMs + everyMs) return;
    const { done } = this.#kept;
    const part = partOf();
    this.#kept = part.suspects.length > suspectsKept ? { done } : { done, begun: { table, part } };
    await this.#write();
  }

  async tableDone(difference: TableDifference): Promise<void> {
    this.#kept = { done: [...this.#kept.done, difference] };
    await this.#write();
  }

  /** It has come to its end. */
  async forget(): Promise<void> {
    await rm(this.#path, { force: true });
  }

  async #write(): Promise<void> {
    this.#writtenMs = this.#clock.now();
    const { done, begun } = this.#kept;
    const kept = begun && { table: begun.table, part: written(begun.part) };
    await writeDurably(this.#path, JSON.stringify({ scope: this.#scope, done, begun: kept }));
  }
}

function written({ after, suspects, ...rest }: TablePart): object {
  return { ...rest, after: after.map(writtenValue), suspects: suspects.map((key) => key.map(writtenValue)) };
}

/** JSON has no form for some values. */
function writtenValue(value: Value): unknown {
  if (typeof value === "bigint") return { whole: String(value) };
  return value instanceof Uint8Array ? { hex: Buffer.from(value).toString("hex") } : value;
}

const keptValue = z.union([
  z.number(),
  z.string(),
  z.null(),
  z.strictObject({ whole: z.string() }).transform(({ whole }): Value => BigInt(whole)),
  z.strictObject({ hex: z.string() }).transform(({ hex }): Value => Buffer.from(hex, "hex")),
]);
const keptRow = z.array(keptValue);
const keptFile = z.strictObject({
  scope: z.string(),
  done: z.array(tableDifference),
  begun: z
    .strictObject({
      table: z.string(),
      part: z.strictObject({
        ...{ after: keptRow, sourceRows: z.number(), targetRows: z.number() },
        suspects: z.array(keptRow),
      }),
    })
    .optional(),
});

/** A file of an older version counts as none. */
async function readKept(path: string, scope: string): Promise<Kept | undefined> {
  const text = await readIfThere(path);
  const read = text === undefined ? undefined : keptFile.safeParse(parsed(text));
  if (read?.success !== true || read.data.scope !== scope) return undefined;
  const { done, begun } = read.data;
  return { done, ...(begun !== undefined && { begun }) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
