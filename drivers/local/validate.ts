import type Docker from "dockerode";
import { z } from "zod";
import type { NodeClaim } from "../../core/driver.ts";
import { messageOf, type Fault } from "../../core/errors.ts";
import { cloudPath } from "../template.ts";
import { hasImage } from "./base-image.ts";
import { nodeImageOf } from "./dockerfile.ts";
import { ask, askUnless } from "./engine.ts";
import { systemOf, type System } from "./system.ts";
import { parseTemplate, sizeFaults, templateFaults, type EngineSize } from "./template.ts";

/** A registry that can be reached tells of an image well within this time. */
const registryMs = 10_000;

/** What the engine cannot give to a claim whose template is sound. */
export async function claimFaults(
  docker: Docker,
  claim: NodeClaim,
  size: EngineSize,
  signal: AbortSignal,
): Promise<Fault[]> {
  if (templateFaults(claim.site, claim.template).length > 0) return [];
  const template = parseTemplate(claim);
  const faults = sizeFaults(claim.site, template, size);
  const system = systemOf(template.image);
  const path = `${cloudPath(claim.site)}.image`;
  if (system !== undefined) return [...faults, ...(await registryFaults(docker, system, path, signal))];
  if (template.image === undefined || (await hasImage(docker, template.image))) return faults;
  const missing = {
    path,
    problem: "the container engine does not have this image",
    found: template.image,
    remedy: `docker pull ${template.image}`,
  };
  return [...faults, missing];
}

/** A system that only a registry has needs one that answers, unless the engine has it already. */
async function registryFaults(
  docker: Docker,
  system: System,
  path: string,
  signal: AbortSignal,
): Promise<Fault[]> {
  if (system.suite !== undefined) return [];
  for (const image of [nodeImageOf(system), system.registry]) if (await hasImage(docker, image)) return [];
  const limited = AbortSignal.any([signal, AbortSignal.timeout(registryMs)]);
  try {
    // 404: an engine that cannot ask, such as podman. Launching will tell.
    const asked = docker.getImage(system.registry).distribution({ abortSignal: limited });
    await askUnless([404], `ask the registry for ${system.registry}`, asked);
    return [];
  } catch (error) {
    signal.throwIfAborted();
    return [
      {
        path,
        problem: `comes only from an image registry, and none answers: ${messageOf(error)}`,
        found: system.name,
        allowed: "debian:12, debian:13",
      },
    ];
  }
}

const info = z.object({
  MemTotal: z.number(),
  NCPU: z.number(),
  Driver: z.string(),
  DriverStatus: z.array(z.tuple([z.string(), z.string()])).nullish(),
});

/** What the engine has to give. */
export async function engineSize(docker: Docker): Promise<EngineSize> {
  const { MemTotal, NCPU, Driver, DriverStatus } = info.parse(
    await ask("ask for the engine's size", docker.info()),
  );
  const filesystem = new Map(DriverStatus ?? []).get("Backing Filesystem");
  return {
    memoryMb: Math.floor(MemTotal / 2 ** 20),
    cpus: NCPU,
    noDiskLimit: whyNoDiskLimit(Driver, filesystem),
  };
}

/** btrfs and zfs limit disks by themselves, the overlay drivers only on xfs. */
export function whyNoDiskLimit(driver: string, filesystem = "an unknown filesystem"): string | undefined {
  if (["btrfs", "zfs"].includes(driver)) return undefined;
  if (["overlay2", "overlay"].includes(driver) && filesystem === "xfs") return undefined;
  return `${driver} on ${filesystem}`;
}
