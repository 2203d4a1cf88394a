/** What a client got. */
export interface Answer {
  /** Answered with a status below 400 in time. */
  readonly ok: boolean;
  /** `200`, `503`, or the kind of failure: `timeout`, `refused`, `reset`, `failed`. */
  readonly outcome: string;
}

/** One GET as a client does it, with its whole time limited. Never throws but for an aborted signal. */
export async function askOverHttp(url: URL, timeoutMs: number, signal: AbortSignal): Promise<Answer> {
  try {
    const response = await fetch(url, {
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    // Reading to the end lets the connection be used again, and finds an answer that was cut off.
    await response.arrayBuffer();
    return { ok: response.status < 400, outcome: String(response.status) };
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
