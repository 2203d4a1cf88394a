import { z } from "zod";
import type { Command } from "../../core/command.ts";
import type { FileChange } from "../../lifecycle/file-changes.ts";
import type { InstallPlan, NodeChange, ServiceChange } from "../../lifecycle/plan.ts";
import { exactly } from "./exactly.ts";

/** A command as it is printed: what is fed to it in secret is not told. */
type PrintedCommand =
  | {
      readonly kind: "exec";
      readonly argv: readonly string[];
      readonly env?: Readonly<Record<string, string>>;
      readonly stdin?: string;
    }
  | { readonly kind: "all" | "pipe"; readonly commands: readonly PrintedCommand[] }
  | { readonly kind: "either"; readonly first: PrintedCommand; readonly second: PrintedCommand }
  | {
      readonly kind: "script";
      readonly text: string;
      readonly args: readonly string[];
      readonly stdin?: string;
    };

const command: z.ZodType<PrintedCommand> = z
  .union([
    z.strictObject({
      kind: z.literal("exec"),
      argv: z.array(z.string()),
      env: z.record(z.string(), z.string()).optional(),
      stdin: z.string().optional(),
    }),
    z.strictObject({
      kind: z.enum(["all", "pipe"]),
      get commands() {
        return z.array(command);
      },
    }),
    z.strictObject({
      kind: z.literal("either"),
      get first() {
        return command;
      },
      get second() {
        return command;
      },
    }),
    z.strictObject({
      kind: z.literal("script"),
      text: z.string(),
      args: z.array(z.string()),
      stdin: z.string().optional(),
    }),
  ])
  .meta({ id: "command" });

const fileChange = exactly<FileChange>()(
  z.strictObject({
    path: z.string(),
    change: z.enum(["new", "changed", "same", "unknown"]),
    note: z.string().optional().describe("why there is no difference to show"),
    diff: z.string().optional().describe("in unified form, secrets masked"),
  }),
);

const serviceChange = exactly<Printed<ServiceChange>>()(
  z.strictObject({
    service: z.string(),
    recipe: z.string(),
    packages: z.array(z.string()),
    files: z.array(fileChange),
    commands: z.array(command).describe("in the order in which the node runs them"),
  }),
);

const nodeChange = exactly<PrintedNode>()(
  z.strictObject({
    site: z.string(),
    name: z.string(),
    cloud: z.string(),
    change: z.enum(["launch", "keep"]),
    services: z.array(serviceChange),
  }),
);

type Printed<T> = Omit<T, "commands"> & { readonly commands: readonly PrintedCommand[] };
type PrintedNode = Omit<NodeChange, "services"> & { readonly services: readonly Printed<ServiceChange>[] };
type PrintedPlan = Omit<InstallPlan, "nodes"> & { readonly nodes: readonly PrintedNode[] };

/** What `plan` says. */
export const installPlan = exactly<PrintedPlan>()(
  z.strictObject({
    application: z.string(),
    nodes: z.array(nodeChange),
    left: z.array(z.string()).describe("machines that the config does not name any more"),
    usualMs: z.number().describe("of all steps that are known"),
    unknownSteps: z.number().describe("steps like which none was ever done"),
    perHour: z.record(z.string(), z.number()).describe("what it costs, by currency"),
  }),
);

/** A plan without its secrets. */
export function printedPlan(plan: InstallPlan): PrintedPlan {
  const services = (node: NodeChange) =>
    node.services.map((service) => ({ ...service, commands: service.commands.map(printed) }));
  return { ...plan, nodes: plan.nodes.map((node) => ({ ...node, services: services(node) })) };
}

function printed(one: Command): PrintedCommand {
  switch (one.kind) {
    case "all":
    case "pipe":
      return { kind: one.kind, commands: one.commands.map(printed) };
    case "either":
      return { kind: "either", first: printed(one.first), second: printed(one.second) };
    case "exec":
    case "script":
      return { ...one, stdin: one.stdin === undefined ? undefined : String(one.stdin) };
  }
}
