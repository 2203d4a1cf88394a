import { z } from "zod";
import type { Fault } from "../../core/errors.ts";
import { exactly } from "./exactly.ts";

/** One thing that is wrong. */
export const fault = exactly<Fault>()(
  z.strictObject({
    path: z.string().describe("where: in the config, or a node"),
    problem: z.string(),
    found: z.string().optional(),
    allowed: z.string().optional(),
    remedy: z.string().optional(),
  }),
);

/** What any verb prints with `--json` when it fails. */
export const failureOutcome = z.strictObject({
  exitCode: z.int().describe("as `hotsite --help` lists them"),
  error: z.strictObject({
    code: z.string().describe("stable, for scripts"),
    message: z.string(),
    hint: z.string().optional().describe("what to do next"),
    retryable: z.boolean(),
    left: z.array(z.string()).describe("what is still there and was not taken back"),
    faults: z.array(fault).describe("all that was found at once"),
    details: z.record(z.string(), z.unknown()).optional(),
  }),
});

export type FailureOutcome = z.infer<typeof failureOutcome>;
