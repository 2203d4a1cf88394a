import type { Machine } from "../core/driver.ts";
import { HotsiteError, messageOf } from "../core/errors.ts";
import type { NodePlan } from "../core/recipe.ts";
import type { SshTarget } from "../core/ssh.ts";
import { serious, type Diagnosis } from "../remote/doctor/diagnosis.ts";
import { examineHost, examineLogin, type NodeReport } from "../remote/doctor/examine.ts";
import type { NodeNeeds } from "../remote/doctor/facts.ts";
import { contextOf, readScene } from "./context.ts";
import { machinesIn } from "./site.ts";
import type { NodeSpec } from "./topology.ts";
import type { World } from "./world.ts";

/** Looks at a node from its cloud down to its disks, and says what keeps it from working. Changes nothing. Throws only when `signal` is aborted. */
export async function examine(world: World, spec: NodeSpec, signal: AbortSignal): Promise<NodeReport> {
  const node = `${spec.site}/${spec.name}`;
  const fromCloud = await askCloud(world, spec, signal);
  const record = await world.nodes.get(spec.site, spec.name);
  if (record?.machine === undefined || fromCloud !== undefined) {
    const notYet = serious("machine", "it has none yet", "hotsite install launches it");
    return { node, diagnoses: [fromCloud ?? notYet] };
  }
  const { machine } = record;
  const needs = await needsOf(world, spec);
  const entrance = (): Promise<SshTarget> => world.sshTarget({ ...record, machine });
  const [report, ofCloud] = await Promise.all([
    examineHost({ node, entrance, needs }, signal),
    examineCloudLogin(world, spec, machine, signal),
  ]);
  // What keeps everybody out keeps its cloud out as well.
  const isNews =
    ofCloud !== undefined && !report.diagnoses.some(({ problem }) => problem === ofCloud.problem);
  return isNews ? { ...report, diagnoses: [...report.diagnoses, ofCloud] } : report;
}

/** Where the cloud logs in itself, with a login of its own: launching and giving back need that. */
async function examineCloudLogin(
  world: World,
  { cloud }: NodeSpec,
  machine: Machine,
  signal: AbortSignal,
): Promise<Diagnosis | undefined> {
  const driver = await world.driver(cloud);
  if (driver.login === undefined) return undefined;
  const login = driver.login.bind(driver, machine);
  const found = await examineLogin(login, signal);
  return found && { ...found, check: `${cloud.kind}, ${found.check}` };
}

/** What the cloud says against it: it does not answer, or the machine is not there or is off. */
async function askCloud(
  world: World,
  { site, name, cloud }: NodeSpec,
  signal: AbortSignal,
): Promise<Diagnosis | undefined> {
  try {
    const machine = (await machinesIn(world, site, signal)).find((one) => one.name === name);
    const known = (await world.nodes.get(site, name))?.machine;
    if (machine === undefined) {
      if (known === undefined) return undefined;
      return serious(
        "machine",
        `${cloud.kind} has no such machine any more`,
        "hotsite install launches it again",
      );
    }
    if (machine.state === "running") return undefined;
    const remedy =
      cloud.kind === "local" ? `hotsite local power on ${site}/${name}` : "start it in its cloud's console";
    return serious("machine", "it is powered off", remedy);
  } catch (error) {
    signal.throwIfAborted();
    const hint = error instanceof HotsiteError ? error.hint : undefined;
    return serious(`cloud ${cloud.kind}`, messageOf(error), hint ?? "hotsite validate says more");
  }
}

/** What its services need, as far as they can be rendered: before every node has a machine they may not. */
async function needsOf(world: World, spec: NodeSpec): Promise<NodeNeeds> {
  const ports = spec.services.flatMap(({ service }) => service.recipe.expose(service.params));
  const plans = await plansOf(world, spec).catch((error: unknown) => {
    world.logger.debug("no plan to compare with", { node: `${spec.site}/${spec.name}`, error });
    return [];
  });
  return {
    packages: [...new Set(plans.flatMap(({ packages }) => packages))],
    // Without a plan its own services would be taken for strangers.
    ports: plans.length === 0 ? [] : [...new Set(ports)],
    units: plans.flatMap(({ units }) => units),
  };
}

async function plansOf(world: World, spec: NodeSpec): Promise<readonly NodePlan[]> {
  const scene = await readScene(world, undefined);
  const plans: NodePlan[] = [];
  for (const placement of spec.services) {
    plans.push(placement.service.recipe.plan(await contextOf(scene, spec, placement)));
  }
  return plans;
}
