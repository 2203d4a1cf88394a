import { expect } from "@jest/globals";
import { once } from "node:events";
import type { NodeClaim } from "../../../core/driver.ts";
import { Ec2Driver } from "../../../drivers/ec2/driver.ts";
import { Program } from "../../support/program.ts";
import { claimOf, newOwner } from "../claim.ts";
import { removeAll } from "../lab.ts";
import type { Emulator } from "./emulator.ts";
import type { Mishap } from "./front.ts";

/** Where in a call the process dies. */
export const moments: readonly Mishap["kind"][] = ["lost-before", "lost-after", "after"];

type Deed = "launch" | "remove";

/** Kills processes that use the driver, each in the middle of one call that changes something. */
export class Kills implements AsyncDisposable {
  readonly #emulator: Emulator;
  readonly #program: Program;

  private constructor(emulator: Emulator, program: Program) {
    this.#emulator = emulator;
    this.#program = program;
  }

  static async open(emulator: Emulator): Promise<Kills> {
    return new Kills(
      emulator,
      await Program.build(new URL("./child.ts", import.meta.url), { packages: "bundled" }),
    );
  }

  /** For each changing call of a deed that `picked` wants: killed there, then put right by another process. Gives the actions in their order. */
  async everyCall(
    deed: Deed,
    picked: (call: number, moment: Mishap["kind"]) => boolean,
    signal: AbortSignal,
  ): Promise<string[]> {
    const actions: string[] = [];
    for (let call = 1; ; call += 1) {
      let reached = false;
      for (const moment of moments.filter((one) => picked(call, one))) {
        const action = await this.#once(deed, call, moment, signal);
        if (action === undefined) continue;
        reached = true;
        actions.push(`${action} ${moment}`);
      }
      if (!reached) return actions;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }

  /** The action in which it died; undefined when it made fewer calls. */
  async #once(
    deed: Deed,
    call: number,
    moment: Mishap["kind"],
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { front, account } = this.#emulator;
    const options = { ...this.#emulator.options, elasticIp: true };
    const owner = newOwner();
    const claim = claimOf(owner, "east", "db-1", { template: options, expose: [8080] });
    await using driver = new Ec2Driver(options, { pollMs: 50 });
    if (deed === "remove") await driver.launch(claim, signal);
    const died = await this.#killed(deed, claim, call, moment, signal);
    front.reset();

    const what = `${deed} killed: call ${call}, ${died ?? "none"}, ${moment}`;
    if (deed === "launch") {
      const machine = await driver.launch(claim, signal);
      const ids = (await account.instancesOf(owner)).map(({ InstanceId }) => InstanceId);
      expect({ what, ids }).toEqual({ what, ids: [machine.id] });
    }
    await removeAll(driver, owner);
    expect({ what, left: await this.#emulator.leftovers(owner) }).toEqual({ what, left: [] });
    return died;
  }

  async #killed(
    deed: Deed,
    claim: NodeClaim,
    call: number,
    moment: Mishap["kind"],
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { front } = this.#emulator;
    let changes = 0;
    let died: string | undefined;
    const given = JSON.stringify({ claim, options: claim.template });
    const { child } = this.#program.start([deed, given]);
    front.mishap = (action) => {
      if (/^(Describe|Get|AmazonSSM)/.test(action)) return undefined;
      changes += 1;
      if (changes !== call) return undefined;
      died = action;
      return { kind: moment, then: () => child.kill("SIGKILL") } as Mishap;
    };
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit", { signal });
    return died;
  }
}
