import type { Fault } from "../core/errors.ts";
import type { LinkOptions } from "./link.ts";

/** What a link connects, with the secrets that are valid now. */
export interface LinkEnds
  extends
    Pick<LinkOptions, "source" | "target" | "databases" | "openLog">,
    Required<Pick<LinkOptions, "selection">> {
  /** What keeps the log from being made as it has to be; changes nothing. Throws when it cannot be asked. */
  readonly checkLog?: () => Promise<readonly Fault[]>;
}
