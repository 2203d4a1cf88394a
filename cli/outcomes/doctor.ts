import { z } from "zod";
import type { NodeReport } from "../../remote/doctor/examine.ts";
import { nodeFacts } from "../../remote/doctor/facts.ts";
import { exactly } from "./exactly.ts";

const login = z.union([
  z.strictObject({ state: z.literal("accepted") }),
  z.strictObject({ state: z.literal("key-changed"), pinned: z.string(), now: z.string() }),
  z.strictObject({
    state: z.literal("refused"),
    tried: z.array(z.string()).describe("publickey, password, keyboard-interactive"),
    allowed: z.array(z.string()).describe("what the server would take; empty: it did not say"),
    said: z.string().describe("by the server, to people"),
  }),
  z.strictObject({ state: z.literal("failed"), reason: z.string(), hint: z.string().optional() }),
]);

const reach = z.strictObject({
  host: z.string(),
  port: z.number(),
  user: z.string(),
  lookup: z
    .union([z.strictObject({ addresses: z.array(z.string()) }), z.strictObject({ failure: z.string() })])
    .optional()
    .describe("absent behind a jump host, which does the looking"),
  connection: z.string().optional().describe("refused, silent, or the system's own word"),
  banner: z.string().nullable().optional().describe("the server's first line; null: it said nothing"),
  login: login.optional(),
});

const diagnosis = z.strictObject({
  check: z.string(),
  serious: z.boolean().describe("false: nothing fails because of it yet"),
  problem: z.string(),
  remedy: z.string(),
});

/** What the doctor found on one node. */
export const nodeReport = exactly<NodeReport>()(
  z.strictObject({
    node: z.string(),
    at: z.string().optional(),
    diagnoses: z.array(diagnosis),
    reach: reach.optional(),
    facts: nodeFacts.optional(),
  }),
);
