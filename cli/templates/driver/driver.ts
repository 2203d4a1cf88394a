// A driver launches, lists, stops and destroys machines in one kind of cloud.
// This one passes everything on to machines on this computer; put calls of your cloud in the place of `this.#inner`, one after the other.
import { local, type Cloud, type Driver, type Machine, type MachineTemplate, type NodeClaim } from "hotsite";

/** Machines of examplecloud, for `sites.*.cloud` of a config. */
export function examplecloud(template: MachineTemplate = {}): Cloud {
  return {
    kind: "examplecloud",
    template,
    open: async (scope) => new ExampleDriver(await local().open(scope)),
  };
}

class ExampleDriver implements Driver {
  readonly kind = "examplecloud";
  readonly #inner: Driver;

  constructor(inner: Driver) {
    this.#inner = inner;
  }

  /** What the cloud can do: a machine that is off keeps its disk, and a stop that resolved is final. */
  capabilities() {
    return this.#inner.capabilities();
  }

  /** All that is wrong with the wishes, at once: credentials, image, size, quota. Changes nothing. */
  validate(claims: readonly NodeClaim[], signal: AbortSignal) {
    return this.#inner.validate(claims, signal);
  }

  /** The machine of this claim: the one that exists, or a new one. A tag with the claim's id finds it again. */
  launch(claim: NodeClaim, signal: AbortSignal): Promise<Machine> {
    return this.#inner.launch(claim, signal);
  }

  list(owner: string, signal: AbortSignal) {
    return this.#inner.list(owner, signal);
  }

  /** Power off at once, disk kept. */
  stop(id: string, signal: AbortSignal) {
    return this.#inner.stop(id, signal);
  }

  start(id: string, signal: AbortSignal): Promise<Machine> {
    return this.#inner.start(id, signal);
  }

  destroy(id: string, signal: AbortSignal) {
    return this.#inner.destroy(id, signal);
  }

  /** What machines shared, such as networks, goes with the last of them. */
  sweep(owner: string, signal: AbortSignal) {
    return this.#inner.sweep(owner, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inner[Symbol.asyncDispose]();
  }
}
