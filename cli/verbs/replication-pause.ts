import { operate } from "../link-operator.ts";
import { linkChange, type LinkChange } from "../outcomes/link-change.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = linkChange;

/** Stops applying, or everything. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<LinkChange>> {
  const all = call.options.all === true;
  return operate(
    call,
    async ({ name, operator }) => {
      await operator.pause(all ? "all" : "applying", signal);
      const what = all ? "nothing is read from the source" : "what the source commits still reaches the log";
      return { text: `${name} is paused: ${what}`, json: { link: name, now: "paused" } };
    },
    signal,
  );
}
