import type { LinkStatus } from "../../core/protection.ts";

/** What a monitor that knows only good and bad is told. */
export interface Verdict extends Partial<
  Pick<LinkStatus, "state" | "problem" | "remedy" | "lagSeconds" | "warnings">
> {
  readonly good: boolean;
}

/** Bad when a person is needed: starting the process again would mend nothing. Without an order nothing is wrong. */
export function healthOf(status: LinkStatus | undefined): Verdict {
  return { good: status?.state !== "failed", ...factsOf(status) };
}

/** Good while the target follows, at most so many seconds behind: it could take over. */
export function readinessOf(status: LinkStatus | undefined, longestSeconds: number): Verdict {
  const { state, lagSeconds = Infinity } = status ?? {};
  return { good: state === "streaming" && lagSeconds <= longestSeconds, ...factsOf(status) };
}

function factsOf(status: LinkStatus | undefined): Omit<Verdict, "good"> {
  if (status === undefined) return {};
  const { state, problem, remedy, lagSeconds, warnings } = status;
  return {
    state,
    ...(lagSeconds !== undefined && { lagSeconds }),
    ...(problem !== undefined && { problem }),
    ...(remedy !== undefined && { remedy }),
    ...(warnings !== undefined && { warnings }),
  };
}
