import type { Observer } from "../workflow/events.ts";
import { LiveProgress } from "./live-progress.ts";
import type { Output } from "./output.ts";
import { PlainProgress } from "./plain-progress.ts";

/** Shows a workflow while it runs; disposing of it leaves the terminal clean. */
export function showProgress(output: Output): Observer & Disposable {
  return output.live ? new LiveProgress(output) : new PlainProgress(output);
}
