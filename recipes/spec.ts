import type { z } from "zod";
import type { Command, NodeFile } from "../core/command.ts";
import type { MachineTemplate } from "../core/driver.ts";
import type {
  Check,
  CustomCommand,
  Instances,
  LifecycleHooks,
  Metric,
  RecipeContext,
} from "../core/recipe.ts";
import type { SecretSource } from "../core/secret.ts";
import type { Refuse } from "./faulty.ts";
import type { MakeRef } from "./refs.ts";
import type { ServiceControl } from "./systemd.ts";

/** What a recipe's parts are made from: the context, and what the application's own wiring adds to the parameters. */
export type RecipeScope<P, W> = RecipeContext<P> & { readonly wired: W };

/** A value, or how it follows from the scope. */
export type Part<P, W, T> = T | ((scope: RecipeScope<P, W>) => T);

/** How one piece of software is run, part by part. A part is a value or a pure function of the scope. */
export interface RecipeSpec<P extends object, I extends object, W extends z.ZodObject, E extends object> {
  /** What a config may say. */
  readonly params: z.ZodType<P, I>;
  /** What the lifecycle adds when it plans: identities, addresses of the witness, rendered texts of other parts. */
  readonly wired?: W;
  readonly packages?: Part<P, z.output<W>, readonly string[]>;
  readonly files?: Part<P, z.output<W>, readonly NodeFile[]>;
  readonly service: Part<P, z.output<W>, ServiceControl>;
  readonly hooks?: Part<P, z.output<W>, LifecycleHooks>;
  readonly ready: Part<P, z.output<W>, Check>;
  /** When the service's units being active does not say enough. */
  readonly alive?: Part<P, z.output<W>, Command>;
  readonly keeps?: Part<P, z.output<W>, Readonly<Record<string, string>>>;
  /** Removes what is kept. Repeatable. */
  readonly erase?: Part<P, z.output<W>, readonly Command[]>;
  readonly expose?: (params: P) => readonly number[];
  /** Secrets besides those that the parameters name. */
  readonly secrets?: (params: P) => Readonly<Record<string, SecretSource>>;
  /** What other services may use. Must not look at the outside world: it is called when the config is read. What an endpoint cannot be made from is refused, not thrown. */
  readonly endpoints?: (ref: MakeRef<P>, params: P, refuse: Refuse) => E;
  readonly commands?: Record<string, CustomCommand<P>>;
  readonly metrics?: Record<string, Metric<P>>;
}

/** What every service accepts besides its recipe's own parameters. */
export interface CommonParams<P> {
  /** Nodes per site. Default: one. */
  readonly instances?: Partial<Instances>;
  /** Runs on the machines of this name, together with the other services that are on them: `on: "app"`. Default: machines of its own. */
  readonly on?: string;
  /** What its machines have besides, or instead of, what the template of their cloud says: `machine: { memoryMb: 2048 }`. */
  readonly machine?: MachineTemplate;
  /** Commands around the stages of the lifecycle; repeatable ones, as each stage is. */
  readonly hooks?: (context: RecipeContext<P>) => LifecycleHooks;
}
