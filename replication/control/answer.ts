import { HotsiteError, messageOf, RetryableError, StaleEpochError } from "../../core/errors.ts";

/** What a control command prints, as one line of JSON. */
export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
      readonly retryable: boolean;
      readonly details?: Readonly<Record<string, unknown>>;
    };

/** The answer that stands for whatever `work` gives or throws. */
export async function answerOf(work: () => Promise<unknown>): Promise<Answer> {
  try {
    return { ok: true, value: (await work()) ?? null };
  } catch (error) {
    return refusal(error);
  }
}

function refusal(error: unknown): Answer {
  if (!(error instanceof HotsiteError))
    return { ok: false, code: "internal", message: messageOf(error), retryable: false };
  const { code, message, hint, retryable, details } = error;
  return { ok: false, code, message, hint, retryable, details };
}

/** The value of an answer, or its error as the class that it was. */
export function valueOf(answer: Answer): unknown {
  if (answer.ok) return answer.value;
  const { code, message, hint, retryable, details } = answer;
  if (code === "stale-epoch") throw new StaleEpochError(message, { hint, details });
  if (retryable) throw new RetryableError(code, message, { hint, details });
  throw new HotsiteError(code, message, { hint, details });
}
