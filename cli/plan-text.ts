import { firstLine } from "./first-line.ts";
import { describeCommand } from "../remote/describe.ts";
import { exactCommand } from "../remote/exact.ts";
import type { FileChange } from "../lifecycle/file-changes.ts";
import type { InstallPlan, NodeChange, ServiceChange } from "../lifecycle/plan.ts";
import { timeText } from "./dry-run.ts";
import { table } from "./table.ts";

/** How much a plan says of each machine: nothing, what is done on it, or each command as a whole. */
export type Detail = "none" | "some" | "commands";

/** A plan for people: the count first, then each machine, then as much of it as is asked for. */
export function planText(plan: InstallPlan, detail: Detail): string {
  const launched = plan.nodes.filter(({ change }) => change === "launch").length;
  const counts = `${machines(launched)} to launch, ${plan.nodes.length - launched} to keep`;
  const title = `${plan.application}: ${counts}${timeText(plan)}${costText(plan)}`;
  const rows = plan.nodes.map((node) => [
    `  ${node.change === "launch" ? "+" : "="} ${nameOf(node)}`,
    node.cloud,
    node.services
      .map(({ service, recipe }) => (service === recipe ? service : `${service} (${recipe})`))
      .join(", "),
    ...(launched === plan.nodes.length ? [] : [filesText(node)]),
  ]);
  const header = ["    MACHINE", "CLOUD", "SERVICES", ...(launched === plan.nodes.length ? [] : ["FILES"])];
  const left = plan.left.map((name) => `  ? ${name} is not in the config any more; it is left alone`);
  const details =
    detail === "none"
      ? ["what is done on each: hotsite plan --verbose; each command as a whole: hotsite plan --commands"]
      : plan.nodes.flatMap((node) => detailsOf(node, detail));
  return [title, table(header, rows), ...left, ...details].join("\n");
}

function costText({ perHour }: InstallPlan): string {
  const sums = Object.entries(perHour).map(([currency, sum]) => `${Number(sum.toFixed(4))} ${currency}/h`);
  return sums.length === 0 ? "" : ` · ${sums.join(" + ")}`;
}

/** What differs on a machine that is kept. */
function filesText({ change, services }: NodeChange): string {
  const files = services.flatMap((service) => service.files);
  if (change === "launch" || files.length === 0) return "";
  const unknown = files.find((file) => file.change === "unknown");
  if (unknown !== undefined) return `not asked: ${unknown.note ?? "no answer"}`;
  const differing = files.filter((file) => file.change !== "same").length;
  return differing === 0 ? "as they should be" : `${differing} of ${files.length} change`;
}

function detailsOf(node: NodeChange, detail: Detail): readonly string[] {
  return ["", nameOf(node), ...node.services.flatMap((service) => serviceLines(service, detail))];
}

function serviceLines(
  { service, packages, files, commands }: ServiceChange,
  detail: Detail,
): readonly string[] {
  const shown =
    detail === "commands"
      ? commands.flatMap(exactCommand).map((line) => `    ${line}`)
      : // Scripts are long; their first line says what they are for.
        commands.map((command) => `    run       ${firstLine(describeCommand(command))}`);
  return [
    `  ${service}`,
    ...(packages.length === 0 ? [] : [`    packages  ${packages.join(" ")}`]),
    ...files.flatMap(fileLines),
    ...shown,
  ];
}

const marks = { new: "+", changed: "~", same: "=", unknown: "?" } as const;

function fileLines({ path, change, note, diff }: FileChange): readonly string[] {
  const line = `    file    ${marks[change]} ${path}${note === undefined ? "" : ` (${note})`}`;
  return diff === undefined ? [line] : [line, ...diff.split("\n").map((row) => `      ${row}`)];
}

function machines(count: number): string {
  return `${count} machine${count === 1 ? "" : "s"}`;
}

function nameOf({ site, name }: NodeChange): string {
  return `${site}/${name}`;
}
