import type { Authority, Witness } from "../../core/protection.ts";
import type { Shell } from "../../core/shell.ts";
import { askThere, type ControlPlace } from "../control/client.ts";
import { authoritySchema } from "./authority.ts";

/** It answers at once; reaching its node takes 20 s at most. */
const quickMs = 25_000;

/** The witness on the edge node, through a shell there. */
export class WitnessControl implements Witness {
  readonly #place: ControlPlace;

  constructor(shell: Shell, socket = "/run/hotsite-witness/control.sock") {
    this.#place = { shell, socket };
  }

  async authority(signal: AbortSignal): Promise<Authority> {
    return authoritySchema.parse(await askThere(this.#place, "authority", undefined, signal, quickMs));
  }

  async grant(next: Authority, expected: Authority, signal: AbortSignal): Promise<void> {
    await askThere(this.#place, "grant", { next, expected }, signal, quickMs);
  }
}
