import type { Logger } from "../../core/logger.ts";
import type { LinkStatus } from "../../core/protection.ts";
import type { LinkDeclaration } from "./spec.ts";

export interface ReplicateOptions {
  /** Where relative paths of the declaration start; by default where the process runs. */
  readonly folder?: string;
  /** Where what is kept over restarts is; by default `.hotsite` in the folder. */
  readonly state?: string;
  /** Ends the link. */
  readonly signal?: AbortSignal;
  readonly logger?: Logger;
  /** A few times a second. */
  readonly onStatus?: (status: LinkStatus) => void;
}

/** A link that this process runs. Nothing is lost when the process ends: the next one goes on. */
export interface RunningLink extends AsyncDisposable {
  /** How it is now. */
  status(): Promise<LinkStatus | undefined>;
  /** Resolves once the target has everything that the source had a moment ago; gives that position. */
  caughtUp(signal?: AbortSignal): Promise<string>;
  /** Resolves when the link has been told to end, rejects when it needs a person. */
  readonly ended: Promise<void>;
  /** Ends it, and resolves when it has ended. */
  stop(): Promise<void>;
}

/**
 * Runs a link in this process, as `hotsite replicate` does: with a first copy where none was made, or where it was. The verbs
 * `hotsite replication …` reach it. Rejects with every fault at once when it cannot begin, "locked" while another process runs it.
 */
export async function replicate(
  declaration: LinkDeclaration,
  options: ReplicateOptions = {},
): Promise<RunningLink> {
  // A config that only declares a link does not load what runs one.
  const { runHere } = await import("./run-here.ts");
  return runHere(declaration, options);
}
