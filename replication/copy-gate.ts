import type { Clock } from "../core/clock.ts";
import { CredentialError, HotsiteError } from "../core/errors.ts";
import { xidText } from "./binlog/xa.ts";
import type { Source } from "./source.ts";

/** Between two looks. */
const everyMs = 200;
/** What MySQL says to whoever may not see them. */
const mayNotSee = 1401;

/**
 * A first copy sees nothing of what is prepared, and the stream nothing of what was prepared before it began. So the first snapshot waits until
 * all of that is decided: then the snapshots show what came of it.
 */
export class CopyGate {
  readonly #source: Source;
  readonly #clock: Clock;
  #lookedMs = 0;
  /** Undefined before the first look. */
  #waitsFor: readonly string[] | undefined;

  constructor(source: Source, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /** As of the last look. */
  get waiting(): readonly string[] {
    return this.#waitsFor ?? [];
  }

  /** Whether nothing has to be committed or rolled back first. `inStream`: whether the stream has the prepare, so that it has the rows. */
  async isOpen(inStream: (xid: string) => boolean): Promise<boolean> {
    if (this.#waitsFor?.length === 0) return true;
    if (this.#clock.now() < this.#lookedMs + everyMs) return false;
    this.#lookedMs = this.#clock.now();
    const now = await preparedAt(this.#source);
    const before = this.#waitsFor ?? [...now];
    this.#waitsFor = before.filter((xid) => now.has(xid) && !inStream(xid));
    return this.#waitsFor.length === 0;
  }
}

/** What the server has prepared, and nobody has decided on. */
async function preparedAt(source: Source): Promise<ReadonlySet<string>> {
  const rows = await source.raw("XA RECOVER").catch((error: unknown) => {
    if (error instanceof HotsiteError && error.details["number"] === mayNotSee) throw unseen(error);
    throw error;
  });
  return new Set(
    rows.map(([format, globalBytes, branchBytes, data]) => {
      const [end, bytes] = [Number(globalBytes), data ?? Buffer.alloc(0)];
      const branch = bytes.subarray(end, end + Number(branchBytes));
      return xidText(bytes.subarray(0, end).toString("hex"), branch.toString("hex"), Number(format));
    }),
  );
}

function unseen(cause: HotsiteError): CredentialError {
  return new CredentialError("the source: the user may not see what is prepared by XA", {
    cause,
    hint: "GRANT XA_RECOVER_ADMIN ON *.* to the user at the source",
  });
}
