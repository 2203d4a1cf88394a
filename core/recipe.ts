import type { z } from "zod";
import type { Command, NodeFile } from "./command.ts";
import type { Endpoint, MachineTemplate } from "./driver.ts";
import type { Secret, SecretSource } from "./secret.ts";

export type SiteRole = "primary" | "standby" | "edge";

/** A node as recipes see it. */
export interface NodeView {
  readonly site: string;
  readonly role: SiteRole;
  readonly service: string;
  /** Unique in its site: `web-2`. */
  readonly name: string;
  /** From 1, within service and site. */
  readonly index: number;
  readonly address: string;
  readonly exposed: Readonly<Record<number, Endpoint>>;
}

/** One service as others see it from their own site. */
export interface ServiceView {
  readonly application: string;
  readonly nodes: readonly NodeView[];
  readonly params: unknown;
  readonly secrets: Readonly<Record<string, Secret>>;
}

/**
 * A value that another service gives, known once its nodes are. Using one in a service's parameters is the dependency:
 * it orders installing, and what is rendered again when it changes. Resolved with the nodes of the consumer's own site.
 */
export class Ref<T> {
  readonly service: string;
  /** For plans and errors: `db.jdbc("petclinic", "clinic")`. */
  readonly label: string;
  readonly resolve: (view: ServiceView) => T;

  constructor(service: string, label: string, resolve: (view: ServiceView) => T) {
    this.service = service;
    this.label = label;
    this.resolve = resolve;
  }
}

/** Certificate and key of one node, signed by the application's own authority; PEM. Names: its address and `<name>.<site>`. */
export interface NodeTls {
  readonly ca: string;
  readonly certificate: string;
  readonly key: Secret;
}

/** Texts that people and scripts keep for recipes beside the config (`hotsite attributes`), as they are when a plan is made. */
export interface Attributes {
  /** Shared by all applications of one state folder. */
  readonly global: Readonly<Record<string, string>>;
  readonly application: Readonly<Record<string, string>>;
  /** Of a service; without a name, of the one that is planned. */
  service(name?: string): Readonly<Record<string, string>>;
  /** Of one instance of a service; without one, of the one that is planned. */
  instance(node?: NodeView): Readonly<Record<string, string>>;
}

/** Everything that a recipe may look at. Recipes are pure functions of it. */
export interface RecipeContext<P> {
  readonly application: string;
  readonly service: string;
  readonly node: NodeView;
  readonly params: P;
  readonly secrets: Readonly<Record<string, Secret>>;
  readonly tls: NodeTls;
  readonly attributes: Attributes;
  /** Nodes of a service, in one site or (without `site`) in all, in a stable order. */
  nodes(service: string, site?: string): readonly NodeView[];
  /** The value of another service's endpoint, as seen from this node's site. */
  value<T>(ref: Ref<T>): T;
}

/** A question to the node that is asked until it is answered with exit code 0. */
export interface Check {
  readonly command: Command;
  readonly timeoutMs: number;
  /** Succeeds once it is clear that the answer will stay no; then nobody waits any longer. Default: that is never clear. */
  readonly hopeless?: Command;
  /** Shown with the failure: the log's last lines, say. */
  readonly explain?: Command;
}

export type LifecycleStage = "install" | "configure" | "start" | "stop" | "uninstall";

/** Commands around each stage of the lifecycle. */
export type LifecycleHooks = Partial<
  Record<`${"before" | "after"}${Capitalize<LifecycleStage>}`, readonly Command[]>
>;

/** What to do on one node. Each stage is repeatable and runs in one exchange with the node. */
export interface NodePlan {
  /** Debian packages, installed without recommendations, not started by their installation. */
  readonly packages: readonly string[];
  readonly files: readonly NodeFile[];
  /** Stages with their hooks merged in, in order. */
  readonly stages: Readonly<Record<LifecycleStage, readonly Command[]>>;
  readonly ready: Check;
  /** Whether it still runs; cheap. */
  readonly alive: Command;
  /** The systemd units whose journal `hotsite logs` shows. */
  readonly units: readonly string[];
  /** Paths that uninstalling keeps, and why. */
  readonly keeps: Readonly<Record<string, string>>;
  /** Removes what is kept, for good; only when that was asked for. */
  readonly erase: readonly Command[];
}

/** A command of a service that people call by name: `hotsite run web threads`. */
export interface CustomCommand<P> {
  readonly summary: string;
  run(context: RecipeContext<P>, args: readonly string[]): Command;
}

/** A number that a service tells about itself; the command prints it. */
export interface Metric<P> {
  readonly unit: string;
  readonly summary: string;
  run(context: RecipeContext<P>): Command;
}

/** How one piece of software is installed, configured, started, checked, measured, stopped, removed. Pure. Every recipe passes `test/recipes/contract.ts`. */
export interface Recipe<P> {
  readonly name: string;
  readonly params: z.ZodType<P>;
  /** The secrets that it needs, by name; generated ones are kept per application and service. */
  secrets(params: P): Readonly<Record<string, SecretSource>>;
  /** TCP ports that people reach from outside the site. */
  expose(params: P): readonly number[];
  plan(context: RecipeContext<P>): NodePlan;
  readonly commands: Readonly<Record<string, CustomCommand<P>>>;
  readonly metrics: Readonly<Record<string, Metric<P>>>;
}

export interface Instances {
  readonly initial: number;
  readonly min: number;
  readonly max: number;
}

/** A recipe with parameters under a name: what `mysql("db", {…})` returns. */
export interface Service<P = unknown> {
  readonly name: string;
  readonly recipe: Recipe<P>;
  readonly params: P;
  readonly instances: Instances;
  /** The name of the machines that it shares with other services; by default it has machines of its own, called as it is. */
  readonly on?: string;
  /** What its machines have besides, or instead of, what their cloud's template says. */
  readonly machine?: MachineTemplate;
}
