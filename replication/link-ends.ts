import type { LinkOptions } from "./link.ts";

/** What a link connects, with the secrets that are valid now. */
export type LinkEnds = Pick<LinkOptions, "source" | "target" | "databases" | "openLog"> &
  Required<Pick<LinkOptions, "selection">>;
