import { HotsiteError, messageOf, PreflightError, type Fault } from "../core/errors.ts";
import type { Service } from "../core/recipe.ts";
import { besideConfig, resolveSecret } from "../core/secret.ts";
import { locate } from "../recipes/local-path.ts";
import { nodesOf } from "./topology.ts";
import type { World } from "./world.ts";

type Place = Pick<World, "application" | "configFolder" | "stateFolder">;

/** What the config names and this computer does not have: files, folders and secrets, all of them at once. */
export async function configFaults(world: Place): Promise<readonly Fault[]> {
  return [...(await fileFaults(world)), ...(await secretFaults(world))];
}

/** Throws `PreflightError` when there are such faults. */
export async function refuseConfigFaults(world: Place): Promise<void> {
  const faults = await configFaults(world);
  if (faults.length > 0) throw new PreflightError(world.application.name, faults);
}

async function fileFaults({ application, configFolder }: Place): Promise<readonly Fault[]> {
  const faults: Fault[] = [];
  for (const service of application.services) {
    await locate(service, configFolder).catch((error: unknown) => {
      if (!(error instanceof PreflightError)) throw error;
      faults.push(...error.faults);
    });
  }
  return faults;
}

/** Generated secrets can always be had, and are not made here. */
async function secretFaults(world: Place): Promise<readonly Fault[]> {
  const placements = nodesOf(world.application).flatMap(({ services }) => services);
  const services = new Set(placements.map(({ service }) => service));
  return (await Promise.all([...services].map((service) => missingSecrets(service, world)))).flat();
}

async function missingSecrets(
  service: Service,
  { configFolder, stateFolder }: Place,
): Promise<readonly Fault[]> {
  const faults: Fault[] = [];
  for (const [name, source] of Object.entries(service.recipe.secrets(service.params))) {
    if (source.kind === "generated") continue;
    const place = `services.${service.name}.${name}`;
    await resolveSecret(besideConfig(source, configFolder), place, stateFolder).catch((error: unknown) => {
      faults.push(faultOf(place, error));
    });
  }
  return faults;
}

function faultOf(path: string, error: unknown): Fault {
  const remedy = error instanceof HotsiteError ? error.hint : undefined;
  return {
    path,
    problem: messageOf(error).replace(`${path}: `, ""),
    ...(remedy !== undefined && { remedy }),
  };
}
