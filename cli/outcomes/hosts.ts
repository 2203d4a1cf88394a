import { z } from "zod";
import type { HostReport } from "../../drivers/byon/admin.ts";
import type { HostClaim } from "../../drivers/byon/claim.ts";
import { exactly } from "./exactly.ts";

/** Who has a host. */
export const hostClaim = exactly<HostClaim>()(
  z.strictObject({
    version: z.literal(1),
    id: z.string(),
    owner: z.string(),
    site: z.string(),
    name: z.string(),
    expose: z.array(z.int()),
  }),
);

const seen = z.strictObject({
  arch: z.string(),
  os: z.string(),
  clockAheadMs: z.number().describe("of ours"),
  freeMb: z.number().describe("on /"),
  systemd: z.boolean(),
  claim: hostClaim.optional(),
  quarantine: z.string().optional().describe("why the host says that nobody may have it"),
  ours: z.array(z.string()).describe("Hotsite's files on it"),
  listens: z.array(z.int()).describe("TCP ports"),
});

/** A host of `byon({ … })` as people see it. */
export const hostReport = exactly<HostReport>()(
  z.strictObject({
    host: z.string(),
    labels: z.array(z.string()),
    state: z.enum(["free", "claimed", "quarantined", "unfit"]),
    claim: hostClaim.optional(),
    reason: z.string().optional().describe("why nobody gets it"),
    remedy: z.string().optional(),
    seen: seen.optional().describe("absent when the host did not answer"),
  }),
);
