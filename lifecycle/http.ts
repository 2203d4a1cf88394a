/** What a client got. */
export interface Answer {
  /** Answered in time, with a status that says that the application works. */
  readonly ok: boolean;
  /** `200`, `503`, or the kind of failure: `timeout`, `refused`, `reset`, `failed`. */
  readonly outcome: string;
}

export interface Asking {
  /** For the whole of it. */
  readonly timeoutMs: number;
  /** Statuses of a good answer. Default: all below 400. */
  readonly statuses?: readonly number[] | undefined;
}

/** One GET as a client does it. Never throws but for an aborted signal. */
export async function askOverHttp(
  url: URL,
  { timeoutMs, statuses }: Asking,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    const response = await fetch(url, {
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    // Reading to the end lets the connection be used again, and finds an answer that was cut off.
    await response.arrayBuffer();
    const ok = statuses?.includes(response.status) ?? response.status < 400;
    return { ok, outcome: String(response.status) };
  } catch (error) {
    signal.throwIfAborted();
    return { ok: false, outcome: kindOf(error) };
  }
}

function kindOf(error: unknown): string {
  const { name, cause } = error as { readonly name?: string; readonly cause?: { readonly code?: string } };
  if (name === "TimeoutError") return "timeout";
  if (cause?.code === "ECONNREFUSED") return "refused";
  return cause?.code === "ECONNRESET" || cause?.code === "UND_ERR_SOCKET" ? "reset" : "failed";
}
