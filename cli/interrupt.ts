import { HotsiteError } from "../core/errors.ts";
import { exitCodes } from "./exit.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The signal that stops a command, and the end of listening for it. */
export interface Interrupt extends Disposable {
  readonly signal: AbortSignal;
}

/** The first interruption aborts the signal, so that work is taken back; the second one ends the process at once. */
export function listenForInterrupt(tell: (text: string) => void): Interrupt {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    tell("Stopping. Once more stops at once.");
    controller.abort(new HotsiteError("interrupted", "interrupted"));
  };
  for (const name of signals) process.on(name, onSignal);
  // Node ends a process that waits for nothing it knows of; what a driver waits for may be of that kind.
  const alive = setInterval(() => undefined, 2 ** 30);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      clearInterval(alive);
      for (const name of signals) process.off(name, onSignal);
    },
  };
}
