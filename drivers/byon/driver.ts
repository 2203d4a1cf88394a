import { script, type Command } from "../../core/command.ts";
import type { Access, Driver, DriverCapabilities, Machine, NodeClaim } from "../../core/driver.ts";
import { HotsiteError, NodeNotFoundError, PreflightError, type Fault } from "../../core/errors.ts";
import type { KeptHostKey, SshTarget } from "../../core/ssh.ts";
import { cloudPath, shapeFaults, uniqueFaults } from "../template.ts";
import { partsOf } from "./claim.ts";
import { hostsFaults } from "./hosts.ts";
import { launchMachine } from "./launch.ts";
import { hostIfHeld, hostOfMachine, machineNow, machinesOf } from "./machines.ts";
import { poolSchema, templateSchema, type ByonTemplate, type PoolOptions } from "./options.ts";
import { Pool, type PoolScope } from "./pool.ts";
import { cutPower, powerOn } from "./power.ts";
import { release } from "./release.ts";
import { confirmText, markOf } from "./scripts.ts";
import { find, holderOf } from "./survey.ts";
import { placeFaults } from "./validate.ts";

/** Bare metal that is owned already: launching claims a free host, destroying hands it back as it was. */
export class ByonDriver implements Driver {
  readonly kind = "byon";
  readonly #options: PoolOptions;
  readonly #scope: PoolScope;
  #pool: Pool | undefined;

  constructor(options: PoolOptions, scope: PoolScope) {
    this.#options = options;
    this.#scope = scope;
  }

  /** Its hosts. Throws `PreflightError` when the config's are not right. */
  get pool(): Pool {
    const faults = this.#optionFaults(this.#scope.sites[0] ?? "");
    if (faults.length > 0) throw new PreflightError("byon", faults);
    this.#pool ??= new Pool(this.#options, this.#scope);
    return this.#pool;
  }

  capabilities(): DriverCapabilities {
    const power = this.pool.hosts.map((host) => host.power);
    return {
      powerOff: power.every((commands) => commands !== undefined),
      fences: power.every((commands) => commands?.state !== undefined),
      handsBack: true,
    };
  }

  async validate(claims: readonly NodeClaim[], signal: AbortSignal): Promise<readonly Fault[]> {
    const shapes = claims.flatMap(({ site, template }) => [
      ...this.#optionFaults(site),
      ...shapeFaults(templateSchema, site, template),
    ]);
    return shapes.length > 0 ? uniqueFaults(shapes) : placeFaults(this.pool, claims, signal);
  }

  async launch(claim: NodeClaim, signal: AbortSignal): Promise<Machine> {
    signal.throwIfAborted();
    return launchMachine(this.pool, { claim, template: parseTemplate(claim) }, signal);
  }

  async list(owner: string, signal: AbortSignal): Promise<readonly Machine[]> {
    return machinesOf(this.pool, owner, signal);
  }

  async stop(id: string, signal: AbortSignal): Promise<void> {
    const parts = partsOf(id);
    const remembered = parts && (await this.pool.memory.of(parts.host)).claim?.id === parts.claim;
    // A host that hangs must be powered off without being asked.
    const host =
      parts !== undefined && remembered === true
        ? this.pool.host(parts.host)
        : await hostOfMachine(this.pool, id, signal);
    await cutPower(this.pool, host, signal);
  }

  async start(id: string, signal: AbortSignal): Promise<Machine> {
    const host = await hostOfMachine(this.pool, id, signal);
    await powerOn(this.pool, host, signal);
    const finding = await find(this.pool, host, signal);
    const claim = holderOf(finding);
    if (claim !== undefined && claim.id === partsOf(id)?.claim) return machineNow(host, claim, "running");
    throw new NodeNotFoundError(`${host.id} is not ${id} any more`);
  }

  /** Throws `RetryableError` "unreachable" for a host that cannot be asked to let go. */
  async destroy(id: string, signal: AbortSignal): Promise<void> {
    const host = await hostIfHeld(this.pool, id, signal);
    const claim = partsOf(id)?.claim;
    if (host === undefined || claim === undefined) return;
    const { failure } = await find(this.pool, host, signal);
    if (failure?.code === "unreachable" && host.power === undefined) throw outOfReach(failure, host.id);
    await powerOn(this.pool, host, signal);
    await release(this.pool, host, claim, signal);
  }

  /** Hosts share nothing. */
  async sweep(): Promise<void> {
    await Promise.resolve();
  }

  async access({ id }: Machine): Promise<Access> {
    return this.pool.access(this.pool.host(partsOf(id)?.host ?? ""));
  }

  login({ id }: Machine): Promise<SshTarget> {
    return this.pool.target(this.pool.host(partsOf(id)?.host ?? ""));
  }

  hostKey({ id }: Machine): KeptHostKey {
    return this.pool.hostKey(partsOf(id)?.host ?? "");
  }

  confirm({ claim }: Machine): Command {
    return script(confirmText, markOf(claim));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool?.[Symbol.asyncDispose]();
  }

  #optionFaults(site: string): Fault[] {
    const parsed = poolSchema.safeParse(this.#options);
    if (parsed.success) return hostsFaults(cloudPath(site), parsed.data);
    return shapeFaults(poolSchema, site, { ...this.#options });
  }
}

function parseTemplate({ site, name, template }: NodeClaim): ByonTemplate {
  const faults = shapeFaults(templateSchema, site, template);
  if (faults.length > 0) throw new PreflightError(`${site}/${name}`, faults);
  return templateSchema.parse(template);
}

function outOfReach(failure: HotsiteError, host: string): HotsiteError {
  return new HotsiteError("unreachable", `${failure.message}: it cannot be given back`, {
    cause: failure,
    retryable: true,
    hint: `bring the host back, or give it up: hotsite hosts release ${host}`,
  });
}
