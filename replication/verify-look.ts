import { HotsiteError } from "../core/errors.ts";
import {
  formatPosition,
  includesPosition,
  joinPositions,
  ofOrigin,
  parsePosition,
  subtractPosition,
  type GtidPosition,
  type Origin,
} from "../core/position.ts";
import { waitFor } from "../core/wait.ts";
import type { Clock } from "../core/clock.ts";
import { beginSnapshot } from "./copy-snapshot.ts";
import { quoteString } from "./literal.ts";
import type { Source } from "./source.ts";
import { sourceState } from "./start-position.ts";

/** Transactions of the source's own, by its positions. */
export interface Stretch {
  readonly after: string;
  readonly upTo: string;
}

/** What two snapshots show, one of each side. */
export interface Look<T> {
  readonly ours: T;
  readonly theirs: T;
  /** Every transaction that one of them shows and the other does not is in it. Both show the same of whatever it does not touch. */
  readonly between: Stretch;
}

/** What a snapshot of the source shows: at least the one, at most the other. */
export interface Bounds {
  readonly atLeast: GtidPosition;
  readonly atMost: GtidPosition;
}

const catchUpMs = 30_000;
/** The source's heartbeats move a target that follows every second. */
const stillMs = 10_000;
const nothing = parsePosition("");

/** Looks at both sides at nearly the same position, of which it is known how far they are apart. Nothing is locked or paused. */
export class Looks {
  readonly #source: Source;
  readonly #target: Source;
  readonly #checkpointSql: string;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #origin: Origin | undefined;
  #follows = true;

  /** `name`: of the link's streams, without their epoch; without it the newest stream of the target counts. */
  constructor(
    sides: { readonly source: Source; readonly target: Source },
    { name, clock }: { readonly name?: string; readonly clock: Clock },
    signal: AbortSignal,
  ) {
    this.#source = sides.source;
    this.#target = sides.target;
    this.#checkpointSql = checkpointSql(name);
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Whether the target was found to follow the source. */
  get follows(): boolean {
    return this.#follows;
  }

  /** A snapshot of the source, until its next COMMIT. */
  async begin(): Promise<Bounds> {
    const origin = await this.#ownOrigin();
    const bounds = await this.#beginAtSource();
    return { atLeast: ofOrigin(bounds.atLeast, origin), atMost: ofOrigin(bounds.atMost, origin) };
  }

  /** Waits until the target has what the snapshot shows; not for one that does not follow. */
  async reached({ atMost }: Bounds): Promise<void> {
    await this.#reach(atMost);
  }

  /** What may be in one of them only: a snapshot of the source, and the target at a position. */
  async between(bounds: Bounds, position: GtidPosition): Promise<Stretch> {
    return stretch(bounds, ofOrigin(position, await this.#ownOrigin()));
  }

  async take<T>(read: (server: Source, side: "source" | "target") => Promise<T>): Promise<Look<T>> {
    const bounds = await this.begin();
    const reading = read(this.#source, "source");
    // Whoever awaits it is told of its failure; until then it is not unhandled.
    reading.catch(() => undefined);
    await this.reached(bounds);
    for (const sql of snapshotSql) await this.#target.run(sql);
    const seen = await this.#position();
    const theirs = await read(this.#target, "target");
    await this.#target.run("COMMIT");
    const ours = await reading;
    await this.#source.run("COMMIT");
    return { ours, theirs, between: await this.between(bounds, seen) };
  }

  /** Waits for the target; one that does not follow is waited for once. */
  async #reach(end: GtidPosition): Promise<void> {
    if (!this.#follows) return;
    const clock = this.#clock;
    let last = { position: "", ms: clock.now() };
    const look = async (): Promise<true | undefined> => {
      const seen = await this.#position();
      if (includesPosition(seen, end)) return true;
      const position = formatPosition(seen);
      if (position !== last.position) last = { position, ms: clock.now() };
      if (clock.now() > last.ms + stillMs) throw new HotsiteError("timeout", "the target stands still");
      return undefined;
    };
    const wait = { timeoutMs: catchUpMs, intervalMs: 5, clock, what: "the target to catch up" };
    await waitFor(look, wait, this.#signal).catch((error: unknown) => {
      if (!(error instanceof HotsiteError && error.code === "timeout")) throw error;
      this.#follows = false;
    });
  }

  async #ownOrigin(): Promise<Origin> {
    this.#origin ??= (await sourceState(this.#source)).origin;
    return this.#origin;
  }

  async #position(): Promise<GtidPosition> {
    const [row] = await this.#target.rows<{ position: string }>(this.#checkpointSql);
    return wholePosition(row);
  }

  #beginAtSource(): Promise<Bounds> {
    return bounds[this.#source.version.flavour](this.#source);
  }
}

/** The position of a checkpoint. Throws "not-following" when there is none, or its first copy is not complete. */
export function wholePosition(row: { readonly position: string } | undefined): GtidPosition {
  if (row !== undefined && row.position !== "") return parsePosition(row.position);
  throw new HotsiteError("not-following", "the target does not have a whole copy of the source", {
    hint: "compare again when the first copy is complete: hotsite replication status",
  });
}

/** The checkpoint moves in the same commit as the data, so a snapshot of both is of one position. */
export function checkpointSql(name: string | undefined): string {
  const which =
    name === undefined
      ? ""
      : ` WHERE stream LIKE ${quoteString(`${name.replaceAll(/[\\%_]/g, String.raw`\$&`)}/%`)}`;
  return `SELECT stream, CAST(epoch AS CHAR) AS epoch, position FROM hotsite.checkpoint${which} ORDER BY epoch DESC, updated DESC LIMIT 1`;
}

const snapshotSql = [
  "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
  "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
];

const bounds = { mariadb: mariadbBounds, mysql: mysqlBounds };

/** Exact, at the price that the server reads its newest binlog file to tell. */
async function mariadbBounds(source: Source): Promise<Bounds> {
  const begun = await beginSnapshot(source, nothing);
  const { file, offset } = begun?.place ?? { file: "", offset: 0 };
  const [row] = await source.rows<{ position: string | null }>(
    `SELECT BINLOG_GTID_POS(${quoteString(file)}, ${offset}) AS position`,
  );
  const position = parsePosition(row?.position ?? "");
  return { atLeast: position, atMost: position };
}

/**
 * What is counted before the snapshot is in it. What is in it is counted, or still owned by the one who commits it: asked for in this order
 * none is missed.
 */
async function mysqlBounds(source: Source): Promise<Bounds> {
  const executed = "SELECT @@GLOBAL.gtid_executed AS position";
  const owned = "SELECT @@GLOBAL.gtid_owned AS position";
  const rows = await source.several<{ position?: string }>([
    "ROLLBACK",
    executed,
    ...snapshotSql,
    owned,
    executed,
  ]);
  const [before, committing, after] = rows.map(({ position = "" }) => position);
  return {
    atLeast: parsePosition(before ?? ""),
    atMost: joinPositions(ownedBy(committing ?? ""), parsePosition(after ?? "")),
  };
}

/** `uuid:5#12`: with the number of the session that owns it. */
function ownedBy(text: string): GtidPosition {
  return parsePosition(text.replaceAll(/#\d+/g, ""));
}

function stretch({ atLeast, atMost }: Bounds, seen: GtidPosition): Stretch {
  const after = includesPosition(seen, atLeast)
    ? atLeast
    : includesPosition(atLeast, seen)
      ? seen
      : // Two sets with gaps: what both have.
        subtractPosition(atLeast, subtractPosition(atLeast, seen));
  return { after: formatPosition(after), upTo: formatPosition(joinPositions(atMost, seen)) };
}
