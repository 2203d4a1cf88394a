import { z } from "zod";
import type { Numbers, Objective } from "../../failover/drill-report.ts";
import { exactly } from "./exactly.ts";

const measured = z.number().nullable().describe("null: not measured");

/** What a drill measured. */
export const numbers = exactly<Numbers>()(
  z.strictObject({
    rtoClientSeconds: measured,
    rtoPlatformSeconds: measured,
    detectionSeconds: measured,
    writeGapSeconds: measured,
    databaseGapSeconds: measured,
    lostTransactions: measured,
    lostByGtid: measured,
    lossSpanSeconds: measured,
    duplicatedTransactions: measured,
    rowsCompared: measured,
    rowsDiffering: measured,
    switchoverFailedRequests: measured,
    switchoverLostTransactions: measured,
  }),
);

/** One objective, and how it came out. */
export const objective = exactly<Objective>()(
  z.strictObject({
    name: z.string(),
    objective: z.string(),
    measured: z.string(),
    outcome: z.enum(["pass", "fail", "not measured"]),
  }),
);
