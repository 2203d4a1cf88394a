import { operate } from "../link-operator.ts";
import { linkChange, type LinkChange } from "../outcomes/link-change.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = linkChange;

/** Ends a pause; what had failed is tried again. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<LinkChange>> {
  return operate(
    call,
    async ({ name, operator }) => {
      await operator.goOn(signal);
      return { text: `${name} goes on`, json: { link: name, now: "going on" } };
    },
    signal,
  );
}
