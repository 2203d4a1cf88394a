import { HotsiteError } from "../../core/errors.ts";

/** Told what is being done, a line at a time. */
export type Progress = (line: string) => void;

/** One line of what the engine says while it builds, pulls or imports. */
interface EngineLine {
  readonly stream?: string;
  readonly status?: string;
  readonly error?: string;
}

/** Reads what the engine says to its end; throws what it reports as an error. */
export async function finished(
  output: NodeJS.ReadableStream,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  let rest = "";
  for await (const chunk of output) {
    signal.throwIfAborted();
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) tell(line, progress);
  }
  tell(rest, progress);
}

function tell(line: string, progress: Progress): void {
  if (line.trim() === "") return;
  const said = JSON.parse(line) as EngineLine;
  if (said.error !== undefined) throw new HotsiteError("engine-refused", said.error);
  const text = (said.stream ?? said.status ?? "").trim();
  if (text !== "") progress(text);
}
