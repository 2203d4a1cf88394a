import type { Frame } from "./kafka-frame.ts";

/** A record of the topic. */
export interface Placed {
  readonly offset: bigint;
  readonly frame: Frame;
}

/**
 * Which records of a topic are the log. Kafka appends whatever a writer sends; a record belongs to the log only if it names the log's end
 * at that moment as the one it follows. So of two writers that saw the same end one wins, and what is sent twice counts once, for every
 * reader alike.
 */
export class Chain {
  #end: Placed | undefined;

  constructor(end?: Placed) {
    this.#end = end;
  }

  /** The last record of the log that was seen. */
  get end(): Placed | undefined {
    return this.#end;
  }

  /** Offset that the next record has to name. */
  get after(): bigint {
    return this.#end?.offset ?? -1n;
  }

  /** Looks at the next record of the topic; true when it belongs to the log. */
  push(record: Placed): boolean {
    if (record.frame.after !== this.after) return false;
    this.#end = record;
    return true;
  }
}

/** True for a record that belongs to the log whatever came before: nothing lies between it and the end it names. */
export function isAnchor({ offset, frame }: Placed): boolean {
  return frame.after === offset - 1n;
}
