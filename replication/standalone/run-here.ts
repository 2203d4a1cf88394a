import { join } from "node:path";
import { systemClock } from "../../core/clock.ts";
import { silentLogger } from "../../core/logger.ts";
import { ensureStateFolder } from "../../core/state-folder.ts";
import { serveControl } from "../control/server.ts";
import type { Gateway } from "../gateway/gateway.ts";
import { verbsOf } from "../gateway/verbs.ts";
import { beginLink } from "./begin.ts";
import { caughtUp } from "./caught-up.ts";
import { endsOf } from "./ends.ts";
import { declaredLink, gatewayOf, refuseSecond, type DeclaredLink } from "./place.ts";
import type { ReplicateOptions, RunningLink } from "./replicate.ts";
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
  const gateway = await gatewayOf(link, logger);
  try {
    await beginLink(link, gateway, {}, signal);
  } catch (error) {
    await gateway[Symbol.asyncDispose]();
    throw error;
  }
  return new LinkHere(link, gateway, onStatus ?? (() => undefined), signal);
}

class LinkHere implements RunningLink {
  readonly ended: Promise<void>;
  readonly #link: DeclaredLink;
  readonly #gateway: Gateway;
  readonly #over = new AbortController();
  readonly #until: AbortSignal;

  constructor(
    link: DeclaredLink,
    gateway: Gateway,
    onStatus: Required<ReplicateOptions>["onStatus"],
    signal: AbortSignal,
  ) {
    this.#link = link;
    this.#gateway = gateway;
    this.#until = AbortSignal.any([signal, this.#over.signal]);
    this.ended = this.#run(onStatus);
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

  async #run(onStatus: Required<ReplicateOptions>["onStatus"]): Promise<void> {
    const serving = serveControl(this.#link.socket, verbsOf(this.#gateway), this.#until);
    const served = serving.then(() => new Promise<never>(() => undefined));
    try {
      await Promise.race([watchLink(this.#gateway, onStatus, this.#until), served]);
    } finally {
      this.#over.abort();
      await Promise.allSettled([serving]);
      await this.#gateway[Symbol.asyncDispose]();
    }
  }
}
