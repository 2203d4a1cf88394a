import { randomBytes } from "node:crypto";
import assert from "node:assert/strict";
import { command, script } from "../../core/command.ts";
import type { Driver, DriverCapabilities, Machine, NodeClaim } from "../../core/driver.ts";
import { Secret } from "../../core/secret.ts";
import { newSshKey } from "../../core/ssh-key.ts";
import type { Connect, DriverLab } from "./lab.ts";

/** One thing that every driver does. */
export interface DriverCase {
  /** A sentence about behaviour. */
  readonly title: string;
  /** Why it cannot be tried in this lab; undefined when it can. */
  readonly skip?: (lab: DriverLab, can: DriverCapabilities) => string | undefined;
  readonly run: (bench: Bench) => Promise<void>;
}

/** One case may take so long; machines of a slow cloud boot in a minute. */
export const CASE_MS = 300_000;
const CLEAN_UP_MS = 120_000;

let madeKey: ReturnType<typeof newSshKey> | undefined;

function loginKey(): ReturnType<typeof newSshKey> {
  madeKey ??= newSshKey();
  return madeKey;
}

/** A driver with an owner of its own, for one case. */
export class Bench {
  readonly lab: DriverLab;
  readonly driver: Driver;
  readonly owner = newOwner();
  readonly signal: AbortSignal;
  readonly #connect: Connect;

  constructor(lab: DriverLab, driver: Driver, connect: Connect, signal: AbortSignal) {
    this.lab = lab;
    this.driver = driver;
    this.signal = signal;
    this.#connect = connect;
  }

  /** The two sites of the lab. */
  get sites(): readonly [string, string] {
    return this.lab.sites;
  }

  claim(site: string, name: string, more: Partial<NodeClaim> = {}): NodeClaim {
    const { owner, lab } = this;
    const id = `${owner}-${randomBytes(4).toString("hex")}`;
    const given = { template: lab.template, authorizedKey: loginKey().publicKey, expose: [] };
    return { id, owner, site, name, ...given, ...more };
  }

  launch(wish: NodeClaim): Promise<Machine> {
    return this.driver.launch(wish, this.signal);
  }

  list(owner = this.owner): Promise<readonly Machine[]> {
    return this.driver.list(owner, this.signal);
  }

  /** What a program prints on a machine. */
  async output(machine: Machine, ...argv: readonly [string, ...string[]]): Promise<string> {
    const key = new Secret(loginKey().privateKey);
    await using shell = await this.#connect(machine, key, this.signal);
    return (await shell.run(command(...argv), this.signal)).stdout;
  }

  /** Runs a script on a machine, whatever it exits with. */
  async script(machine: Machine, text: string): Promise<void> {
    const key = new Secret(loginKey().privateKey);
    await using shell = await this.#connect(machine, key, this.signal);
    await shell.run(script(`{ ${text}; } || true`), this.signal);
  }

  /** Nothing of the owner is in the cloud. */
  async nothingIsLeft(): Promise<void> {
    assert.deepEqual([...(await this.lab.leftovers(this.owner))], [], "left in the cloud");
  }

  /** Destroys all machines of the owner, and what they shared. Not under the case's signal, which may have ended it. */
  async removeAll(): Promise<void> {
    const signal = AbortSignal.timeout(CLEAN_UP_MS);
    const machines = await this.driver.list(this.owner, signal);
    await Promise.all(machines.map(({ id }) => this.driver.destroy(id, signal)));
    await this.driver.sweep(this.owner, signal);
  }
}

/** Runs one case and removes everything that it made, also when it fails. Resolves with why it was left out, if it was. */
export async function runCase(
  lab: DriverLab,
  { run, skip }: DriverCase,
  connect: Connect,
  signal: AbortSignal,
): Promise<string | undefined> {
  await using driver = await lab.open();
  const reason = skip?.(lab, driver.capabilities());
  if (reason !== undefined) return reason;
  const bench = new Bench(lab, driver, connect, AbortSignal.any([signal, AbortSignal.timeout(CASE_MS)]));
  try {
    await run(bench);
  } finally {
    await bench.removeAll();
  }
  await bench.nothingIsLeft();
  return undefined;
}

/** An owner that nothing else has. */
export function newOwner(): string {
  return `test-${randomBytes(4).toString("hex")}`;
}
