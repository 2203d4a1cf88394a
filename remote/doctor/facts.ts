import { z } from "zod";
import type { Refusal } from "../refusal.ts";

/** What a knock at a node's SSH port showed, from the name to the login; each part is absent when the one before it failed. */
export interface ReachFacts {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Absent behind a jump host, which does the looking. */
  readonly lookup?: { readonly addresses: readonly string[] } | { readonly failure: string };
  /** `refused`: the machine answers, nothing listens. `silent`: no answer at all. Otherwise the system's own word, such as EHOSTUNREACH. */
  readonly connection?: string;
  /** The first line that the server says; empty when it hung up, null when it said nothing. */
  readonly banner?: string | null;
  readonly login?: Login;
}

export type Login =
  | { readonly state: "accepted" }
  | { readonly state: "key-changed"; readonly pinned: string; readonly now: string }
  | ({ readonly state: "refused" } & Refusal)
  /** The key cannot be read, the password has expired, the handshake fails. */
  | { readonly state: "failed"; readonly reason: string; readonly hint?: string };

const count = z.coerce.number().int().min(0);

/** What a node says of itself. */
export const nodeFacts = z.strictObject({
  uid: count,
  /** Whether its user may become root without a password; `absent`: there is no sudo. */
  sudo: z.enum(["yes", "password", "absent"]),
  system: z.string(),
  /** As systemd tells it: running, degraded, starting, stopping… */
  state: z.string(),
  /** How far its clock is ahead of ours. */
  clockAheadMs: z.number(),
  memory: z.strictObject({ totalKb: count, availableKb: count }),
  /** Programs that the kernel ended because there was no memory, since it started. */
  outOfMemory: count,
  disks: z.array(
    z.strictObject({ path: z.string(), freeKb: count, freeInodes: count, readOnly: z.boolean() }),
  ),
  /** Who works with packages now. */
  packageLock: z.strictObject({ pid: count, program: z.string() }).optional(),
  /** dpkg was cut off in the middle of something. */
  halfInstalled: z.boolean(),
  packages: z.array(
    z.strictObject({ name: z.string(), state: z.enum(["installed", "available", "unknown"]) }),
  ),
  /** The package archives that it is told to use. */
  archives: z.array(
    z.strictObject({ host: z.string(), port: count, state: z.enum(["answers", "silent", "unknown-name"]) }),
  ),
  /** Ports that its services want and that are in use. */
  ports: z.array(z.strictObject({ port: count, program: z.string(), unit: z.string() })),
});

export type NodeFacts = z.infer<typeof nodeFacts>;

/** What a node's services will ask of it. */
export interface NodeNeeds {
  readonly packages: readonly string[];
  readonly ports: readonly number[];
  /** The systemd units that may hold those ports. */
  readonly units: readonly string[];
}
