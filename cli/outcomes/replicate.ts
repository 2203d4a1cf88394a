import { z } from "zod";
import { link } from "./status.ts";

const statements = z.array(z.string());

/** What `hotsite replicate` prints: one line for each change while it runs, and the last one. */
export const replicateOutcome = z.discriminatedUnion("event", [
  link.extend({ event: z.literal("status"), atMs: z.number() }),
  z.strictObject({
    event: z.literal("end"),
    why: z.enum(["caught up", "drained", "interrupted"]),
    applied: z.string().optional().describe("the source's position up to which everything is in the target"),
    received: z.string().optional().describe("the same for the log"),
  }),
  z.strictObject({
    event: z.literal("check"),
    grants: z
      .strictObject({ source: statements.optional(), target: statements.optional() })
      .describe("the least that its users need, as statements"),
    warnings: z
      .array(
        z.strictObject({
          path: z.string(),
          problem: z.string(),
          found: z.string().optional(),
          allowed: z.string().optional(),
          remedy: z.string().optional(),
        }),
      )
      .describe("what does not stand in the way and is good to know"),
  }),
  z.strictObject({
    event: z.literal("plan"),
    does: z.enum(["go on", "follow", "copy"]),
    stream: z.string().optional().describe("the one that goes on"),
    from: z.string().optional().describe("the source's position after which it is followed"),
    tables: z
      .array(z.strictObject({ database: z.string(), table: z.string() }))
      .optional()
      .describe("what is copied, in this order"),
    rows: z.number().optional().describe("of all of them, as the source estimates"),
  }),
]);

export type ReplicateOutcome = typeof replicateOutcome;
