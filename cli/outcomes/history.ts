import { z } from "zod";
import type { RunHistory } from "../../workflow/history.ts";
import type { Failure } from "../../workflow/records.ts";
import { runStates, stepStates } from "../../workflow/transitions.ts";
import { exactly } from "./exactly.ts";

const failure = exactly<Failure>()(
  z.strictObject({ code: z.string(), message: z.string(), hint: z.string().optional() }),
);

const run = z.strictObject({
  id: z.string(),
  application: z.string(),
  workflow: z.string(),
  input: z.unknown().optional().describe("what it was asked for"),
  state: z.enum(runStates),
  startedAt: z.number().describe("milliseconds since 1970"),
  endedAt: z.number().optional(),
  holder: z.string().describe("the process that works on it, or did last"),
  by: z.string().describe("who asked for it"),
  error: failure.optional(),
  ms: z.number().optional().describe("absent while it has not ended"),
});

const step = z.strictObject({
  name: z.string(),
  state: z.enum(stepStates),
  attempts: z.number(),
  startedAt: z.number(),
  endedAt: z.number().optional(),
  output: z.unknown().optional(),
  error: failure.optional(),
  ms: z.number().optional(),
});

/** One run with its steps. */
export const runHistory = exactly<RunHistory>()(run.extend({ steps: z.array(step) }));

/** One run in a list. */
export const runSummary = run.extend({ steps: z.int().describe("how many were begun") });
