import { z } from "zod";
import { command } from "../../core/command.ts";
import type { LinkControl, LinkOrder, LinkStatus } from "../../core/protection.ts";
import type { Shell } from "../../core/shell.ts";
import { runControl } from "../control/client.ts";

/** A link's order as it is sent and kept. */
export const linkOrder: z.ZodType<LinkOrder> = z.strictObject({
  stream: z.string().min(1).max(190),
  epoch: z.int().positive(),
  from: z.string().min(1),
  to: z.string().min(1),
  start: z.string(),
  begin: z.enum(["copy", "stream"]),
});

export interface GatewayControlOptions {
  readonly site: string;
  /** Logged in on the gateway's node. */
  readonly shell: Shell;
  /** The gateway command on that node. */
  readonly program?: string;
}

/** The gateway of one site, through a shell on its node. Each call is one command. */
export class GatewayControl implements LinkControl {
  readonly site: string;
  readonly #shell: Shell;
  readonly #program: string;

  constructor({ site, shell, program }: GatewayControlOptions) {
    this.site = site;
    this.#shell = shell;
    this.#program = program ?? "/opt/hotsite/gateway/bin/gateway";
  }

  async status(signal: AbortSignal): Promise<LinkStatus | undefined> {
    return ((await this.#ask(["status"], signal)) as LinkStatus | null) ?? undefined;
  }

  async start(order: LinkOrder, signal: AbortSignal): Promise<void> {
    await this.#ask(["start-order", "--order", JSON.stringify(order)], signal);
  }

  async drain(timeoutMs: number, signal: AbortSignal): Promise<string> {
    return z.string().parse(await this.#ask(["drain", "--timeout", String(timeoutMs)], signal));
  }

  async reach(position: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    await this.#ask(["reach", "--position", position, "--timeout", String(timeoutMs)], signal);
  }

  async stop(signal: AbortSignal): Promise<void> {
    await this.#ask(["stop"], signal);
  }

  #ask(args: readonly string[], signal: AbortSignal): Promise<unknown> {
    return runControl(this.#shell, command(this.#program, ...args), signal);
  }
}
