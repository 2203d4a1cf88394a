import { z } from "zod";
import type { Machine, NodeClaim } from "../core/driver.ts";
import { HotsiteError } from "../core/errors.ts";
import type { Store } from "../core/store.ts";

const endpoint = z.object({ host: z.string(), port: z.int() });

const nodeRecord = z.object({
  claim: z.object({
    id: z.string(),
    owner: z.string(),
    site: z.string(),
    name: z.string(),
    template: z.record(z.string(), z.unknown()),
    authorizedKey: z.string(),
    expose: z.array(z.int()),
  }),
  /** The workflow run that claimed it: only that run's unwinding may destroy it. */
  run: z.string(),
  machine: z
    .object({
      id: z.string(),
      claim: z.string(),
      owner: z.string(),
      site: z.string(),
      name: z.string(),
      state: z.enum(["running", "stopped"]),
      address: z.string(),
      ssh: endpoint.extend({
        user: z.string(),
        sudo: z.boolean().optional(),
        hostKey: z.string().optional(),
      }),
      exposed: z.record(z.string(), endpoint),
    })
    .optional(),
  /** The SSH host key pinned at first contact. */
  hostKey: z.string().optional(),
});

/** A claim and, once it is launched, its machine. */
export interface NodeRecord {
  readonly claim: NodeClaim;
  readonly run: string;
  readonly machine?: Machine;
  readonly hostKey?: string;
}

/** A node whose machine exists. */
export type LaunchedNode = NodeRecord & { readonly machine: Machine };

/** What the store knows of an application's nodes. */
export class Nodes {
  readonly #store: Store;
  readonly #prefix: string;

  constructor(store: Store, application: string) {
    this.#store = store;
    this.#prefix = `nodes/${application}/`;
  }

  async all(): Promise<readonly NodeRecord[]> {
    return (await this.#store.list(this.#prefix)).map(({ value }) => nodeRecord.parse(value));
  }

  async get(site: string, name: string): Promise<NodeRecord | undefined> {
    const kept = await this.#store.get(this.#key(site, name));
    return kept === undefined ? undefined : nodeRecord.parse(kept.value);
  }

  /** Throws `HotsiteError` "no-such-node" unless its machine is known. */
  async launched(site: string, name: string): Promise<LaunchedNode> {
    const record = await this.get(site, name);
    const machine = record?.machine;
    if (record !== undefined && machine !== undefined) return { ...record, machine };
    const known = (await this.all()).map(({ claim }) => `${claim.site}/${claim.name}`);
    throw new HotsiteError("no-such-node", `there is no node ${site}/${name}`, {
      hint:
        known.length === 0
          ? "install the application first: hotsite install"
          : `the nodes are ${known.join(", ")}`,
    });
  }

  async put(record: NodeRecord): Promise<void> {
    await this.#store.put(this.#key(record.claim.site, record.claim.name), record);
  }

  async update(
    site: string,
    name: string,
    change: Partial<Pick<NodeRecord, "machine" | "hostKey">>,
  ): Promise<void> {
    const record = await this.get(site, name);
    if (record !== undefined) await this.put({ ...record, ...change });
  }

  /** The key that a node shows at the next contact is pinned, whatever was pinned or told by its cloud before. Gives what is forgotten. */
  async forgetHostKey(site: string, name: string): Promise<string | undefined> {
    const { machine, hostKey, ...rest } = await this.launched(site, name);
    const { hostKey: told, ...ssh } = machine.ssh;
    await this.put({ ...rest, machine: { ...machine, ssh } });
    return told ?? hostKey;
  }

  async remove(site: string, name: string): Promise<void> {
    await this.#store.delete(this.#key(site, name));
  }

  #key(site: string, name: string): string {
    return `${this.#prefix}${site}/${name}`;
  }
}
