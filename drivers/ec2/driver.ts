import type { Driver, DriverCapabilities, Machine, NodeClaim } from "../../core/driver.ts";
import type { Fault } from "../../core/errors.ts";
import { uniqueFaults } from "../template.ts";
import { openApi, type Api, type Place } from "./api.ts";
import { destroyMachine } from "./destroy.ts";
import { launchMachine } from "./launch.ts";
import { inspectMachine, liveInstancesOf, machineOf } from "./machine.ts";
import { bringUp, cutPower } from "./power.ts";
import { sweep } from "./sweep.ts";
import { parseTemplate, templateFaults, type Ec2Options } from "./template.ts";
import { worldFaults } from "./validate.ts";

/** Seldom enough for the cloud, often enough for people. */
const defaultPollMs = 1000;

/** Machines of one region of Amazon EC2. What belongs to whom is in their tags; nothing is kept here. */
export class Ec2Driver implements Driver {
  readonly kind = "ec2";
  readonly #api: Api;
  readonly #spot: boolean;

  constructor(
    options: Place & Pick<Ec2Options, "spot">,
    { pollMs = defaultPollMs }: { pollMs?: number } = {},
  ) {
    const { region, endpoint, profile, spot } = options;
    this.#api = openApi({ region, endpoint, profile }, pollMs);
    this.#spot = spot !== undefined && spot !== false;
  }

  capabilities(): DriverCapabilities {
    return { powerOff: !this.#spot, fences: !this.#spot };
  }

  async validate(claims: readonly NodeClaim[], signal: AbortSignal): Promise<readonly Fault[]> {
    const shape = claims.flatMap((claim) => templateFaults(claim));
    const sound = claims.filter((claim) => templateFaults(claim).length === 0);
    return uniqueFaults([...shape, ...(await worldFaults(this.#api, sound, signal))]);
  }

  async launch(claim: NodeClaim, signal: AbortSignal): Promise<Machine> {
    signal.throwIfAborted();
    return launchMachine(this.#api, claim, parseTemplate(claim), signal);
  }

  async list(owner: string, signal: AbortSignal): Promise<readonly Machine[]> {
    const machines = (await liveInstancesOf(this.#api, owner, signal)).map(machineOf);
    return machines.sort((a, b) => order(a, b));
  }

  async stop(id: string, signal: AbortSignal): Promise<void> {
    await cutPower(this.#api, id, signal);
  }

  async start(id: string, signal: AbortSignal): Promise<Machine> {
    await inspectMachine(this.#api, id, signal);
    return bringUp(this.#api, id, undefined, signal);
  }

  async destroy(id: string, signal: AbortSignal): Promise<void> {
    await destroyMachine(this.#api, id, signal);
  }

  async sweep(owner: string, signal: AbortSignal): Promise<void> {
    await sweep(this.#api, owner, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#api.ec2.destroy();
    await Promise.resolve();
  }
}

function order(a: Machine, b: Machine): number {
  return a.site.localeCompare(b.site) || a.name.localeCompare(b.name) || a.id.localeCompare(b.id);
}
