import { z } from "zod";
import type { MachineTemplate, NodeClaim } from "../../core/driver.ts";
import { PreflightError, type Fault } from "../../core/errors.ts";
import { cloudPath, shapeFaults } from "../template.ts";
import { systemNames } from "./system.ts";

/** What a config may say of its machines. */
export const schema = z.strictObject({
  image: z
    .string()
    .min(1)
    .optional()
    .describe(
      `${systemNames}; or an image of the engine's own with systemd, sshd and iproute2, such as a snapshot; default: debian:12`,
    ),
  memoryMb: z.int().min(64).optional().describe("memory of each machine in MiB; default: no limit"),
  cpus: z.number().positive().optional().describe("processors of each machine; default: no limit"),
  diskGb: z
    .int()
    .min(1)
    .optional()
    .describe("disk of each machine in GiB, where the engine can limit it; default: no limit"),
});

/** What `local({…})` takes. */
export type LocalTemplate = z.infer<typeof schema>;

/** The template of a claim. Throws `PreflightError` with all that is wrong with it. */
export function parseTemplate(claim: NodeClaim): LocalTemplate {
  const parsed = schema.safeParse(claim.template);
  if (parsed.success) return parsed.data;
  throw new PreflightError(`${claim.site}/${claim.name}`, templateFaults(claim.site, claim.template));
}

/** Everything wrong with a template, without looking at the engine. */
export function templateFaults(site: string, template: MachineTemplate): Fault[] {
  return shapeFaults(schema, site, template);
}

/** What the engine has to give. */
export interface EngineSize {
  readonly memoryMb: number;
  readonly cpus: number;
  /** Why it cannot limit a machine's disk; undefined when it can. */
  readonly noDiskLimit?: string;
}

/** What a template asks for beyond the engine's size. */
export function sizeFaults(site: string, template: LocalTemplate, size: EngineSize): Fault[] {
  const fields = ["memoryMb", "cpus"] as const;
  const tooBig = fields.flatMap((field) => {
    const wanted = template[field] ?? 0;
    if (wanted <= size[field]) return [];
    return [
      {
        path: `${cloudPath(site)}.${field}`,
        problem: "is more than the container engine has",
        found: String(wanted),
        allowed: `up to ${size[field]}`,
      },
    ];
  });
  if (template.diskGb === undefined || size.noDiskLimit === undefined) return tooBig;
  const unlimited = {
    path: `${cloudPath(site)}.diskGb`,
    problem: "the container engine cannot limit disks",
    found: size.noDiskLimit,
    remedy: "leave diskGb out, or keep the engine's data on btrfs, zfs, or xfs with project quotas (pquota)",
  };
  return [...tooBig, unlimited];
}
