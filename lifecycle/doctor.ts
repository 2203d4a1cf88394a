import { HotsiteError, messageOf } from "../core/errors.ts";
import type { NodePlan } from "../core/recipe.ts";
import type { SshTarget } from "../core/ssh.ts";
import { diagnoseNode } from "../remote/doctor/diagnose-node.ts";
import { diagnoseReach } from "../remote/doctor/diagnose-reach.ts";
import { serious, type Diagnosis } from "../remote/doctor/diagnosis.ts";
import type { NodeFacts, NodeNeeds, ReachFacts } from "../remote/doctor/facts.ts";
import { probeNode } from "../remote/doctor/node.ts";
import { probeReach } from "../remote/doctor/reach.ts";
import { openShell } from "../remote/ssh.ts";
import { contextOf, readScene } from "./context.ts";
import { machinesIn } from "./site.ts";
import type { NodeSpec } from "./topology.ts";
import type { World } from "./world.ts";

/** What the doctor found on one node. */
export interface NodeReport {
  readonly node: string;
  /** `ops@10.0.0.13:22`, once the node has a machine. */
  readonly at?: string;
  readonly diagnoses: readonly Diagnosis[];
  readonly reach?: ReachFacts;
  readonly facts?: NodeFacts;
}

/** Looks at a node from its cloud down to its disks, and says what keeps it from working. Changes nothing. Throws only when `signal` is aborted. */
export async function examine(world: World, spec: NodeSpec, signal: AbortSignal): Promise<NodeReport> {
  const node = `${spec.site}/${spec.name}`;
  const fromCloud = await askCloud(world, spec, signal);
  const record = await world.nodes.get(spec.site, spec.name);
  if (record?.machine === undefined || fromCloud !== undefined) {
    const notYet = serious("machine", "it has none yet", "hotsite install launches it");
    return { node, diagnoses: [fromCloud ?? notYet] };
  }
  const options = await world.sshTarget({ ...record, machine: record.machine });
  const needs = await needsOf(world, spec);
  return { ...(await examineHost(options, needs, signal)), at: placeOf(options) };
}

/** The same for a host that is no node yet. */
export async function examineHost(
  options: SshTarget,
  needs: NodeNeeds,
  signal: AbortSignal,
): Promise<NodeReport> {
  const { node, jump } = options;
  const onTheWay = jump && diagnoseReach(node, await probeReach(jump, signal));
  if (onTheWay !== undefined)
    return { node, diagnoses: [{ ...onTheWay, check: `jump host, ${onTheWay.check}` }] };
  const reach = await probeReach(options, signal);
  const outside = diagnoseReach(node, reach);
  if (outside !== undefined) return { node, reach, diagnoses: [outside] };
  try {
    const facts = await factsFrom(options, needs, signal);
    return { node, reach, facts, diagnoses: diagnoseNode(facts, needs) };
  } catch (error) {
    signal.throwIfAborted();
    const problem = `it lets us in, and commands do not run: ${messageOf(error)}`;
    const remedy = "look at the user's login shell and start-up files there";
    return { node, reach, diagnoses: [serious("shell", problem, remedy)] };
  }
}

/** Through sudo as everything else; when that fails, as the user who logs in, who sees why. */
async function factsFrom(target: SshTarget, needs: NodeNeeds, signal: AbortSignal): Promise<NodeFacts> {
  const { sudo, ...plain } = { ...target, connectTimeoutMs: shellTimeoutMs };
  const ask = async (way: SshTarget): Promise<NodeFacts> => {
    await using shell = await openShell(way, signal);
    return await probeNode(shell, needs, AbortSignal.any([signal, AbortSignal.timeout(probeTimeoutMs)]));
  };
  if (sudo === undefined) return ask(plain);
  return ask({ ...plain, sudo }).catch((error: unknown) => {
    signal.throwIfAborted();
    if (error instanceof HotsiteError) return ask(plain);
    throw error;
  });
}

function placeOf({ at, login, jump }: SshTarget): string {
  const through = jump === undefined ? "" : ` through ${jump.at.host}`;
  return `${login.user}@${at.host}:${at.port}${through}`;
}

const shellTimeoutMs = 5000;
/** A node with a full disk or without memory is slow; one that takes longer is as good as dead. */
const probeTimeoutMs = 30_000;

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
