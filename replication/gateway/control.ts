import { z } from "zod";
import type {
  LinkControl,
  LinkOperator,
  LinkOrder,
  LinkStatus,
  PauseScope,
  SkipOrder,
} from "../../core/protection.ts";
import type { Shell } from "../../core/shell.ts";
import { askThere, type ControlPlace } from "../control/client.ts";

/** A link's order as it is sent and kept. */
export const linkOrder: z.ZodType<LinkOrder> = z.strictObject({
  stream: z.string().min(1).max(190),
  epoch: z.int().positive(),
  from: z.string().min(1),
  to: z.string().min(1),
  start: z.string(),
  begin: z.enum(["copy", "stream"]),
  selection: z.string().optional(),
});

export const pauseScope: z.ZodType<PauseScope> = z.enum(["applying", "all"]);

export const skipOrder: z.ZodType<SkipOrder> = z.strictObject({
  gtid: z.string().min(1),
  reason: z.string().min(1),
  by: z.string().min(1),
});

/** What is known already is answered at once; reaching the node takes 20 s at most. */
const quickMs = 25_000;

export interface GatewayControlOptions {
  readonly site: string;
  /** Logged in on the gateway's node. */
  readonly shell: Shell;
  /** The gateway's control socket there. */
  readonly socket?: string;
}

/** The gateway of one site, through a shell on its node. Each call is one exchange. */
export class GatewayControl implements LinkControl, LinkOperator {
  readonly site: string;
  readonly #place: ControlPlace;

  constructor({ site, shell, socket = "/run/hotsite-gateway/control.sock" }: GatewayControlOptions) {
    this.site = site;
    this.#place = { shell, socket };
  }

  async status(signal: AbortSignal): Promise<LinkStatus | undefined> {
    return (
      ((await askThere(this.#place, "status", undefined, signal, quickMs)) as LinkStatus | null) ?? undefined
    );
  }

  async start(order: LinkOrder, signal: AbortSignal): Promise<void> {
    await askThere(this.#place, "start-order", order, signal);
  }

  async drain(timeoutMs: number, signal: AbortSignal): Promise<string> {
    return z.string().parse(await askThere(this.#place, "drain", { timeoutMs }, signal, timeoutMs + quickMs));
  }

  async reach(position: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    await askThere(this.#place, "reach", { position, timeoutMs }, signal, timeoutMs + quickMs);
  }

  async stop(signal: AbortSignal): Promise<void> {
    await askThere(this.#place, "stop", undefined, signal);
  }

  async pause(scope: PauseScope, signal: AbortSignal): Promise<void> {
    await askThere(this.#place, "pause", { scope }, signal);
  }

  async goOn(signal: AbortSignal): Promise<void> {
    await askThere(this.#place, "go-on", undefined, signal);
  }

  async skip(order: SkipOrder, signal: AbortSignal): Promise<void> {
    await askThere(this.#place, "skip", order, signal);
  }
}
