import { hostname, userInfo } from "node:os";
import { HotsiteError } from "../../core/errors.ts";
import { operate } from "../link-operator.ts";
import { linkChange, type LinkChange } from "../outcomes/link-change.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = linkChange;

/** Goes on without the one transaction at which the link stopped. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<LinkChange>> {
  const [gtid = ""] = call.operands;
  const { reason = "" } = call.options;
  if (reason.trim() === "") {
    throw new HotsiteError("usage", "a transaction is skipped for a reason, which is kept", {
      hint: 'add --reason "…"',
    });
  }
  const by = `${userInfo().username}@${hostname()}`;
  return operate(
    call,
    async ({ name, operator }) => {
      await operator.skip({ gtid, reason, by }, signal);
      const text = `${name} goes on without ${gtid}; kept in hotsite.skipped at the target. The two databases may differ now`;
      return { text, json: { link: name, now: "skipped" } };
    },
    signal,
  );
}
