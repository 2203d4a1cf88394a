/** What an error tells besides its message. */
export interface ErrorFacts {
  /** What to do next, as one sentence for the person on call. */
  readonly hint?: string;
  /** Whether the same call may succeed later without anything being changed. Default false. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
  /** Machine-readable facts for `--json`. Never holds a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Every failure that Hotsite reports. `code` is stable; callers decide by it or by class, never by the message. */
export class HotsiteError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = facts.hint;
    this.retryable = facts.retryable ?? false;
    this.details = facts.details ?? {};
  }
}

/** The cloud has no room: another site or size may have. */
export class CapacityError extends HotsiteError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super("no-capacity", message, { retryable: true, ...facts });
  }
}

/** The account may not have more: a person has to ask for it. */
export class QuotaError extends HotsiteError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super("quota", message, facts);
  }
}

/** The cloud or the machine does not accept who we say we are. */
export class CredentialError extends HotsiteError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super("credentials", message, facts);
  }
}

/** No machine has this id (any more). */
export class NodeNotFoundError extends HotsiteError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super("node-not-found", message, facts);
  }
}

/** Something that passes: a network blip, throttling, a service that is still starting. */
export class RetryableError extends HotsiteError {
  constructor(code: string, message: string, facts: ErrorFacts = {}) {
    super(code, message, { ...facts, retryable: true });
  }
}

/** Another holder has the lease, or ours has run out. */
export class LeaseLostError extends HotsiteError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super("lease-lost", message, facts);
  }
}

/** A write carried an epoch older than the one in force: its author is no longer the primary. */
export class StaleEpochError extends HotsiteError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super("stale-epoch", message, facts);
  }
}

/** One thing wrong with a config or with the world, and what would mend it. */
export interface Fault {
  /** Where: `sites.east.cloud.image`, `source: binlog_format`. */
  readonly path: string;
  readonly problem: string;
  readonly found?: string;
  readonly allowed?: string;
  /** The command, statement or setting that mends it. */
  readonly remedy?: string;
}

/** All faults found before anything was changed. */
export class PreflightError extends HotsiteError {
  readonly faults: readonly Fault[];

  constructor(subject: string, faults: readonly Fault[]) {
    super(
      "preflight",
      `${subject}: ${faults.length} ${faults.length === 1 ? "fault" : "faults"}\n${faults.map(faultLine).join("\n")}`,
      {
        details: { faults },
      },
    );
    this.faults = faults;
  }
}

/** One fault as one or two lines of text. */
export function faultLine({ path, problem, found, allowed, remedy }: Fault): string {
  const facts = [
    found === undefined ? "" : ` (found ${found})`,
    allowed === undefined ? "" : `; allowed: ${allowed}`,
  ];
  return `  ${path}: ${problem}${facts.join("")}${remedy === undefined ? "" : `\n    → ${remedy}`}`;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
