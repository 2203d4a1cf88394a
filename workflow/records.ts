import { z } from "zod";
import { HotsiteError } from "../core/errors.ts";
import { runStates, stepStates } from "./transitions.ts";

const failure = z.object({ code: z.string(), message: z.string(), hint: z.string().optional() });

/** Times are milliseconds since 1970. */
const runRecord = z.object({
  id: z.string(),
  application: z.string(),
  workflow: z.string(),
  input: z.unknown().optional(),
  state: z.enum(runStates),
  startedAt: z.number(),
  endedAt: z.number().optional(),
  /** The process that works on it, or did last. */
  holder: z.string(),
  /** Who asked for it. */
  by: z.string(),
  error: failure.optional(),
});

const stepRecord = z.object({
  name: z.string(),
  state: z.enum(stepStates),
  /** How often `run` was begun. */
  attempts: z.number(),
  startedAt: z.number(),
  endedAt: z.number().optional(),
  output: z.unknown().optional(),
  error: failure.optional(),
});

/** An error as it is journaled. */
export type Failure = z.infer<typeof failure>;
/** One run of a workflow: `runs/<application>/<id>`. */
export type RunRecord = z.infer<typeof runRecord>;
/** One step that was started: `runs/<application>/<id>/steps/<number>`. */
export type StepRecord = z.infer<typeof stepRecord>;

export const keys = {
  runs: (application: string) => `runs/${application}/`,
  run: (application: string, id: string) => `runs/${application}/${id}`,
  steps: (application: string, id: string) => `runs/${application}/${id}/steps/`,
  // Padded, so that they are listed in their order.
  step: (application: string, id: string, index: number) =>
    `runs/${application}/${id}/steps/${String(index).padStart(5, "0")}`,
};

export function parseRun(value: unknown): RunRecord {
  return parsed(runRecord, value);
}

export function parseStep(value: unknown): StepRecord {
  return parsed(stepRecord, value);
}

/** What the journal keeps of an error. */
export function failureOf(error: unknown): Failure {
  if (error instanceof HotsiteError) return { code: error.code, message: error.message, hint: error.hint };
  if (error instanceof Error)
    return {
      code: ["AbortError", "TimeoutError"].includes(error.name) ? "cancelled" : "unexpected",
      message: error.message,
    };
  return { code: "unexpected", message: String(error) };
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new HotsiteError(
    "unreadable-journal",
    `the journal was written by another version: ${z.prettifyError(result.error)}`,
    {
      cause: result.error,
      hint: "use the version of Hotsite that started the run",
    },
  );
}
