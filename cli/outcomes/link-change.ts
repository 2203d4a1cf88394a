import { z } from "zod";

/** What a person has done with a link. */
export const linkChange = z.strictObject({
  link: z.string().describe("whose: `east → west`, or the name in link.ts"),
  now: z.enum(["paused", "going on", "skipped"]),
});

export type LinkChange = typeof linkChange;
