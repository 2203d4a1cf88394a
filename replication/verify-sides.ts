import type { ReadOptions } from "./read-pieces.ts";
import type { RepairOptions } from "./repair-batch.ts";
import type { Selection } from "./selection/selection.ts";
import type { Source } from "./source.ts";
import type { Looks } from "./verify-look.ts";
import type { VerifyMemory } from "./verify-memory.ts";
import type { Pace } from "./verify-progress.ts";

/** Both databases, as they are compared. */
export interface Sides {
  readonly source: Source;
  readonly target: Source;
  readonly looks: Looks;
  readonly read: ReadOptions;
  readonly selection: Selection;
  readonly pace: Pace;
  readonly memory?: VerifyMemory;
  /** When rows that differ are to be made equal. */
  readonly repair?: RepairOptions;
}
