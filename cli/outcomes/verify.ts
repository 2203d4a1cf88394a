import { z } from "zod";
import { tableDifference } from "../../replication/verify-result.ts";
import type { TableDifference } from "../../replication/verify-table.ts";
import { exactly } from "./exactly.ts";

/** What `hotsite replication verify --json` prints. */
export const verification = z.strictObject({
  equal: z.boolean().describe("no row differs, or every one that did was repaired"),
  run: z.string().optional().describe("with --repair: under which name hotsite.repaired has the rows"),
  tables: z.array(exactly<TableDifference>()(tableDifference)),
});
export type Verification = typeof verification;
