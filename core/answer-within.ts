import { RetryableError } from "./errors.ts";

/** How long somebody may take to answer. */
export interface Patience {
  readonly ms: number;
  /** Who is asked, for the error: `east: the database`. */
  readonly who: string;
  readonly hint?: string;
}

/**
 * What `ask` gives; after that time it is told to stop, and a retryable "unresponsive" is thrown. A process that is there and does nothing
 * takes every connection, and would keep who asks it waiting for ever.
 */
export async function answerWithin<T>(
  { ms, who, hint }: Patience,
  ask: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const late = AbortSignal.timeout(ms);
  try {
    return await ask(AbortSignal.any([signal, late]));
  } catch (cause) {
    if (signal.aborted || !late.aborted) throw cause;
    const problem = `${who} is there and does not answer: waited ${ms / 1000} s`;
    throw new RetryableError("unresponsive", problem, { cause, ...(hint !== undefined && { hint }) });
  }
}
