import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { inTurn } from "../turns.ts";
import { claimSchema } from "./claim.ts";

const schema = z.object({
  /** The SSH host key of the first contact. */
  hostKey: z.string().optional(),
  /** The claim that it was last seen with; its own file on the host is the truth. */
  claim: claimSchema.optional(),
  quarantine: z
    .object({
      reason: z.string(),
      remedy: z.string().optional(),
      atMs: z.number(),
      /** A person did it: only a person lifts it. */
      byHand: z.boolean(),
    })
    .optional(),
  /** Its power was cut through us. */
  poweredOff: z.boolean().default(false),
  /** Claims that were given up while the host did not answer: they are taken off it when it does. */
  abandoned: z.array(z.string()).default([]),
});

/** What this state folder knows of a host. */
export type HostMemory = z.infer<typeof schema>;
export type Quarantine = NonNullable<HostMemory["quarantine"]>;

/** Hosts as they were last seen, a file each. */
export class Memory {
  readonly #folder: string;

  constructor(stateFolder: string) {
    this.#folder = join(stateFolder, "byon");
  }

  async of(host: string): Promise<HostMemory> {
    const text = await readFile(this.#path(host), "utf8").catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return "{}";
      throw error;
    });
    return schema.parse(JSON.parse(text));
  }

  /** Undefined removes a fact. */
  async change(host: string, change: Partial<HostMemory>): Promise<void> {
    const path = this.#path(host);
    const work = async (): Promise<void> => {
      const next = { ...(await this.of(host)), ...change };
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const draft = `${path}.${randomBytes(6).toString("hex")}`;
      await writeFile(draft, JSON.stringify(next), { mode: 0o600 });
      await rename(draft, path);
    };
    // What is written down must not get lost because somebody has given up waiting.
    await inTurn(`memory ${path}`, work, new AbortController().signal);
  }

  #path(host: string): string {
    return join(this.#folder, `${encodeURIComponent(host)}.json`);
  }
}
