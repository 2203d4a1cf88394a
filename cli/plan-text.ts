import { firstLine } from "./first-line.ts";
import { describeCommand } from "../remote/describe.ts";
import type { InstallPlan, NodeChange, ServiceChange } from "../lifecycle/plan.ts";
import { table } from "./table.ts";
import { duration } from "./time.ts";

/** A plan for people: the count first, then each machine; with `detail` also packages, files and commands. */
export function planText(plan: InstallPlan, detail: boolean): string {
  const launched = plan.nodes.filter(({ change }) => change === "launch").length;
  const time = plan.usualMs === undefined ? "" : ` · last time it took ${duration(plan.usualMs)}`;
  const title = `${plan.application}: ${machines(launched)} to launch, ${plan.nodes.length - launched} to keep${time}`;
  const rows = plan.nodes.map((node) => [
    `  ${node.change === "launch" ? "+" : "="} ${nameOf(node)}`,
    node.cloud,
    node.services
      .map(({ service, recipe }) => (service === recipe ? service : `${service} (${recipe})`))
      .join(", "),
  ]);
  const left = plan.left.map((name) => `  ? ${name} is not in the config any more; it is left alone`);
  const details = detail ? plan.nodes.flatMap(detailsOf) : ["what is done on each: hotsite plan --verbose"];
  return [title, table(["    MACHINE", "CLOUD", "SERVICES"], rows), ...left, ...details].join("\n");
}

function detailsOf(node: NodeChange): readonly string[] {
  return ["", nameOf(node), ...node.services.flatMap(serviceLines)];
}

function serviceLines({ service, packages, files, commands }: ServiceChange): readonly string[] {
  return [
    `  ${service}`,
    ...(packages.length === 0 ? [] : [`    packages  ${packages.join(" ")}`]),
    ...files.map((path) => `    file      ${path}`),
    // Scripts are long; their first line says what they are for.
    ...commands.map((command) => `    run       ${firstLine(describeCommand(command))}`),
  ];
}

function machines(count: number): string {
  return `${count} machine${count === 1 ? "" : "s"}`;
}

function nameOf({ site, name }: NodeChange): string {
  return `${site}/${name}`;
}
