import { join } from "node:path";
import { systemClock } from "../../core/clock.ts";
import { silentLogger } from "../../core/logger.ts";
import { ensureStateFolder } from "../../core/state-folder.ts";
import type { Gateway } from "../gateway/gateway.ts";
import { beginLink } from "./begin.ts";
import { caughtUp } from "./caught-up.ts";
import { endsOf } from "./ends.ts";
import { declaredLink, gatewayOf, refuseSecond, type DeclaredLink } from "./place.ts";
import type { ReplicateOptions, RunningLink } from "./replicate.ts";
import { beginServed, type ServedGateway } from "./served.ts";
import type { LinkDeclaration } from "./spec.ts";
import { watchLink } from "./watch.ts";

/** See `replicate`. */
export async function runHere(
  declaration: LinkDeclaration,
  { folder = process.cwd(), state = join(folder, ".hotsite"), ...options }: ReplicateOptions,
): Promise<RunningLink> {
  const { signal = new AbortController().signal, logger = silentLogger, onStatus } = options;
  await ensureStateFolder(state);
  const link = declaredLink(declaration, { folder, root: state });
  await refuseSecond(link, signal);
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const beginning = {
    open: () => gatewayOf(link, logger),
    begin: (gateway: Gateway) => beginLink(link, gateway, {}, signal),
  };
  try {
    const served = await beginServed(link.socket, beginning, until);
    return new LinkHere(link, { ...served, over, until }, onStatus ?? (() => undefined));
  } catch (error) {
    over.abort();
    throw error;
  }
}

interface Served extends ServedGateway {
  readonly over: AbortController;
  /** `over`, or the caller's signal. */
  readonly until: AbortSignal;
}

class LinkHere implements RunningLink {
  readonly ended: Promise<void>;
  readonly #link: DeclaredLink;
  readonly #gateway: Gateway;
  readonly #over: AbortController;
  readonly #until: AbortSignal;

  constructor(
    link: DeclaredLink,
    { gateway, served, over, until }: Served,
    onStatus: Required<ReplicateOptions>["onStatus"],
  ) {
    this.#link = link;
    this.#gateway = gateway;
    [this.#over, this.#until] = [over, until];
    this.ended = this.#run(onStatus, served);
    // Whoever awaits it is told of a failure; until then it is not unhandled.
    this.ended.catch(() => undefined);
  }

  status(): ReturnType<RunningLink["status"]> {
    return this.#gateway.status();
  }

  async caughtUp(signal: AbortSignal = this.#until): Promise<string> {
    const { source } = await endsOf(this.#link.declaration, this.#link.place);
    const until = AbortSignal.any([signal, this.#until]);
    const failed = this.ended.then(() => new Promise<never>(() => undefined));
    return await Promise.race([caughtUp(this.#gateway, { source, clock: systemClock }, until), failed]);
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await this.ended.catch(() => undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #run(onStatus: Required<ReplicateOptions>["onStatus"], served: Promise<void>): Promise<void> {
    const cannot = served.then(() => new Promise<never>(() => undefined));
    try {
      await Promise.race([watchLink(this.#gateway, onStatus, this.#until), cannot]);
    } finally {
      this.#over.abort();
      await Promise.allSettled([served]);
      await this.#gateway[Symbol.asyncDispose]();
    }
  }
}
