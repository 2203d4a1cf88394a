import type Docker from "dockerode";
import type { Driver, DriverCapabilities, Machine, NodeClaim } from "../../core/driver.ts";
import { CapacityError, faultLine, HotsiteError, NodeNotFoundError, type Fault } from "../../core/errors.ts";
import { waitFor } from "../../core/wait.ts";
import { cloudPath, uniqueFaults } from "../template.ts";
import { ask, askUnless, openEngine } from "./engine.ts";
import { ensureNodeImage } from "./image.ts";
import { launchMachine } from "./launch.ts";
import { machineOf } from "./machine.ts";
import { label } from "./names.ts";
import { inspectMachine, powerOn } from "./power-on.ts";
import type { Progress } from "./progress.ts";
import { sweepSites } from "./site.ts";
import { debian12, systemOf } from "./system.ts";
import { parseTemplate, sizeFaults, templateFaults } from "./template.ts";
import { claimFaults, engineSize } from "./validate.ts";

/** The engine kills and removes in well under a second. */
const confirmMs = 30_000;

/** Machines as containers of the engine on this computer: systemd inside, a disk that survives power-off, sites as subnets. */
export class LocalDriver implements Driver {
  readonly kind = "local";
  readonly #progress: Progress;
  #engine: Docker | undefined;

  constructor({ progress = () => undefined }: { progress?: Progress } = {}) {
    this.#progress = progress;
  }

  capabilities(): DriverCapabilities {
    return { powerOff: true, fences: true };
  }

  async validate(claims: readonly NodeClaim[], signal: AbortSignal): Promise<readonly Fault[]> {
    const templates = claims.flatMap(({ site, template }) => templateFaults(site, template));
    return uniqueFaults([...templates, ...(await this.#worldFaults(claims, signal))]);
  }

  async launch(claim: NodeClaim, signal: AbortSignal): Promise<Machine> {
    const template = parseTemplate(claim);
    const docker = await this.#docker(signal);
    const [fault] = sizeFaults(claim.site, template, await engineSize(docker));
    if (fault !== undefined) throw new CapacityError(faultLine(fault).trim(), { retryable: false });
    const routerImage = await ensureNodeImage(docker, debian12, this.#progress, signal);
    const system = systemOf(template.image);
    const image =
      system === undefined
        ? (template.image ?? routerImage)
        : await ensureNodeImage(docker, system, this.#progress, signal);
    return launchMachine(docker, { claim, template, image, routerImage }, signal);
  }

  async list(owner: string, signal: AbortSignal): Promise<readonly Machine[]> {
    const docker = await this.#docker(signal);
    const filters = { label: [`${label.owner}=${owner}`, label.claim] };
    const request = docker.listContainers({ all: true, filters, abortSignal: signal });
    const machines = (await ask("list the machines", request)).map(({ Id, Labels, State }) =>
      machineOf(Id, Labels, State === "running" || State === "paused"),
    );
    return machines.sort((a, b) => order(a, b));
  }

  async stop(id: string, signal: AbortSignal): Promise<void> {
    const docker = await this.#docker(signal);
    const { Id } = await inspectMachine(docker, id, signal);
    await askUnless([404, 409], `power off ${id}`, docker.getContainer(Id).kill({ signal: "SIGKILL" }));
    const stopped = async (): Promise<true | undefined> =>
      (await inspectMachine(docker, Id, signal)).State.Running ? undefined : true;
    await waitFor(stopped, { timeoutMs: confirmMs, intervalMs: 20, what: `${id} to be off` }, signal);
  }

  async start(id: string, signal: AbortSignal): Promise<Machine> {
    const docker = await this.#docker(signal);
    await inspectMachine(docker, id, signal);
    return powerOn(docker, id, await ensureNodeImage(docker, debian12, this.#progress, signal), signal);
  }

  async destroy(id: string, signal: AbortSignal): Promise<void> {
    const docker = await this.#docker(signal);
    const gone = async (): Promise<true | undefined> => {
      const found = await inspectMachine(docker, id, signal).catch(absent);
      if (found === undefined) return true;
      const container = docker.getContainer(found.Id);
      // 409: somebody else removes it at this moment.
      await askUnless([404, 409], `remove ${id}`, container.remove({ force: true, v: true }));
      return undefined;
    };
    await waitFor(gone, { timeoutMs: confirmMs, intervalMs: 20, what: `${id} to be gone` }, signal);
  }

  async sweep(owner: string, signal: AbortSignal): Promise<void> {
    await sweepSites(await this.#docker(signal), owner, signal);
  }

  /** Idle connections to the engine are Node's own and keep no process alive: there is nothing to close. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.resolve();
  }

  async #docker(signal: AbortSignal): Promise<Docker> {
    signal.throwIfAborted();
    this.#engine ??= await openEngine(signal);
    return this.#engine;
  }

  async #worldFaults(claims: readonly NodeClaim[], signal: AbortSignal): Promise<Fault[]> {
    try {
      const docker = await this.#docker(signal);
      const size = await engineSize(docker);
      return (await Promise.all(claims.map((claim) => claimFaults(docker, claim, size, signal)))).flat();
    } catch (error) {
      if (!(error instanceof HotsiteError)) throw error;
      return claims.map(({ site }) => ({
        path: cloudPath(site),
        problem: error.message,
        remedy: error.hint,
      }));
    }
  }
}

function order(a: Machine, b: Machine): number {
  return a.site.localeCompare(b.site) || a.name.localeCompare(b.name) || a.id.localeCompare(b.id);
}

function absent(error: unknown): undefined {
  if (error instanceof NodeNotFoundError) return undefined;
  throw error;
}
