import { z } from "zod";
import type { MemberStats } from "../../core/balancer.ts";
import type { Checkpoint, DatabaseState, LinkStatus } from "../../core/protection.ts";
import type { State } from "../../failover/state.ts";
import { factsSchema } from "../../lifecycle/facts.ts";
import type { SiteStatus, Status } from "../../lifecycle/status.ts";
import { authoritySchema } from "../../replication/witness/authority.ts";
import { exactly } from "./exactly.ts";

const problem = z.strictObject({ problem: z.string().describe("why it could not be asked") });

const database = exactly<DatabaseState>()(
  z.strictObject({
    writable: z.boolean(),
    position: z.string().describe("everything in its binlog"),
    origin: z
      .union([z.number(), z.string()])
      .describe("whose writes are its own: MariaDB's GTID domain, MySQL's server UUID"),
  }),
);

const checkpoint = exactly<Checkpoint>()(
  z.strictObject({
    stream: z.string(),
    epoch: z.number(),
    sequence: z.number().describe("of the last record applied"),
    position: z.string().describe("everything of the source that is in the target"),
  }),
);

/** A link as it is now. */
export const link = exactly<LinkStatus>()(
  z.strictObject({
    stream: z.string(),
    epoch: z.number(),
    state: z.enum(["stopped", "starting", "copying", "streaming", "paused", "failed"]),
    problem: z.string().optional(),
    remedy: z.string().optional().describe("what to do about the problem"),
    stoppedAt: z.string().optional().describe("the source's transaction at which it failed"),
    received: z.string().optional().describe("the source's position up to which everything is in the log"),
    applied: z.string().optional().describe("the same for the target"),
    sequence: z.number().optional(),
    behindTransactions: z.number().optional().describe("in the log and not applied yet"),
    behindBytes: z
      .number()
      .optional()
      .describe("the same in bytes; unknown while some are of an earlier process"),
    behindSeconds: z.number().optional().describe("for how long the oldest of them has waited"),
    appends: z
      .strictObject({
        count: z.number(),
        seconds: z.number().describe("that all of them took"),
        failed: z.number().describe("that were refused or not answered, and tried again"),
      })
      .optional()
      .describe("to the log, since the process started"),
    logRetentionSeconds: z
      .number()
      .optional()
      .describe("until the brokers may throw away records that are needed"),
    warnings: z
      .array(z.string())
      .readonly()
      .optional()
      .describe("what would go wrong if nobody did anything, with what to do"),
    log: z
      .strictObject({
        bytes: z.number().describe("that it keeps"),
        limitBytes: z.number(),
        full: z.boolean().describe("nothing is read from the source until it has room again"),
      })
      .optional()
      .describe("the log on the gateway's own disk"),
    source: z
      .strictObject({
        behindBytes: z.number().optional().describe("of its binlog, not in the log yet"),
        behindTransactions: z.number().optional().describe("of its own, not in the log yet"),
        behindSeconds: z.number().optional().describe("how old what was read last is, while there is more"),
        retentionSeconds: z.number().optional().describe("until it may throw away what was not read"),
        clockOffsetSeconds: z.number().optional().describe("its clock minus that of whoever measures"),
      })
      .optional()
      .describe("how far the log is behind the source"),
    lagSeconds: z.number().optional().describe("from a heartbeat's writing to its commit at the target"),
    prepared: z
      .array(
        z.strictObject({
          xid: z.string().describe("as `XA COMMIT` and `XA ROLLBACK` take it"),
          gtid: z.string().describe("under which it was prepared"),
          preparedMs: z.number(),
        }),
      )
      .readonly()
      .optional()
      .describe("what the source has prepared by XA and nobody has decided on: it is not in the target"),
    copy: z
      .strictObject({
        rows: z.number(),
        totalRows: z.number().describe("as the source estimates them"),
        rowsPerSecond: z.number(),
        restarts: z.number().optional().describe("how often it began again, because the schema was changed"),
      })
      .optional()
      .describe("the first copy, while it runs"),
  }),
);

const member = exactly<MemberStats>()(
  z.strictObject({
    name: z.string(),
    site: z.string(),
    state: z.enum(["ready", "drain", "off"]),
    healthy: z.boolean(),
    sessions: z.number().describe("requests in progress"),
    requests: z.number().describe("answered since the balancer started"),
  }),
);

/** One site as it is now. */
export const siteStatus = exactly<SiteStatus>()(
  z.strictObject({
    site: z.string(),
    role: z.enum(["primary", "standby", "edge"]),
    nodes: z.number(),
    running: z.union([z.strictObject({ value: z.number() }), problem]),
    database: z.union([z.strictObject({ value: database }), problem]).optional(),
    checkpoint: z
      .union([z.strictObject({ value: checkpoint.optional() }), problem])
      .optional()
      .describe("without a value: nothing was ever applied"),
    link: z
      .union([z.strictObject({ value: link.optional() }), problem])
      .optional()
      .describe("the one that ends here; without a value: it follows nobody"),
  }),
);

/** What is true at the moment. */
export const status = exactly<Status>()(
  z.strictObject({
    application: z.string(),
    installed: z.boolean(),
    facts: factsSchema.optional().describe("what is remembered of its protection"),
    authority: z.union([z.strictObject({ value: authoritySchema }), problem]).optional(),
    sites: z.array(siteStatus),
    pool: z.union([z.strictObject({ value: z.array(member) }), problem]).optional(),
  }),
);

/** The verdict. */
export const state = exactly<State>()(
  z.strictObject({
    name: z.enum([
      "UNPROTECTED",
      "PROTECTING",
      "PROTECTED",
      "DEGRADED",
      "SWITCHING-OVER",
      "FAILING-OVER",
      "FAILED-OVER",
      "REPROTECTING",
      "DIVERGED",
      "DRILLING",
    ]),
    reason: z.string().describe("why it is not better; empty when PROTECTED"),
    next: z.string().optional().describe("what to do about it"),
  }),
);
