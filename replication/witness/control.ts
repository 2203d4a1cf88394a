import { command } from "../../core/command.ts";
import type { Authority, Witness } from "../../core/protection.ts";
import type { Shell } from "../../core/shell.ts";
import { runControl } from "../control/client.ts";
import { authoritySchema } from "./authority.ts";

/** The witness on the edge node, through a shell there. */
export class WitnessControl implements Witness {
  readonly #shell: Shell;
  readonly #program: string;

  /** `program` is the witness command on that node. */
  constructor(shell: Shell, program = "/opt/hotsite/witness/bin/witness") {
    this.#shell = shell;
    this.#program = program;
  }

  async authority(signal: AbortSignal): Promise<Authority> {
    return authoritySchema.parse(await runControl(this.#shell, command(this.#program, "authority"), signal));
  }

  async grant(next: Authority, expected: Authority, signal: AbortSignal): Promise<void> {
    const grant = command(
      this.#program,
      "grant",
      ...["--next", JSON.stringify(next)],
      ...["--expected", JSON.stringify(expected)],
    );
    await runControl(this.#shell, grant, signal);
  }
}
