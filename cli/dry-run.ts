import { z } from "zod";
import type { Store } from "../core/store.ts";
import type { StepTree, Workflow } from "../core/workflow.ts";
import { guard, stops, type Guard } from "../failover/guards.ts";
import { estimate, usualTimes, type UsualTime } from "../workflow/estimate.ts";
import { history } from "../workflow/history.ts";
import { stepsOf } from "../workflow/tree.ts";
import { table } from "./table.ts";
import { duration } from "./time.ts";
import type { Outcome } from "./verb.ts";

const step = z.strictObject({
  name: z.string(),
  usualMs: z.number().optional().describe("how long it usually took; absent when nothing like it was done"),
  final: z.string().optional().describe("why nothing is taken back once this step has begun"),
});

/** What `--dry-run` of a changing verb prints with `--json`. */
export const dryRunOutcome = z.strictObject({
  dryRun: z.literal(true),
  workflow: z.string(),
  refused: z.boolean().describe("a guard would stop it before anything is changed"),
  guards: z.array(guard),
  verdict: z.string().nullable().describe("what was found out about the primary; null when it works"),
  destroys: z.array(z.string()).describe("what cannot be brought back"),
  steps: z.array(step),
  usualMs: z.number().describe("of all steps that are known"),
  unknownSteps: z.int().describe("steps like which none was ever done"),
});
type Json = z.infer<typeof dryRunOutcome>;

/** What can be said of a change besides its steps. */
export interface Preview {
  readonly guards?: readonly Guard[];
  readonly verdict?: string | null;
  readonly destroys?: readonly string[];
}

/** Where the journal of earlier runs is. */
interface Place {
  readonly store: Store;
  readonly application: { readonly name: string };
}

/** What a change needs for its dry run; a `Job` has it all. */
export interface Planned<C extends Place, I> {
  readonly workflow: Workflow<C, I>;
  readonly context: C;
  plan(): I | Promise<I>;
}

/** The steps that a workflow would take, and what is known of them. Changes nothing. */
export async function dryRun<C extends Place, I>(
  { workflow, context, plan }: Planned<C, I>,
  preview: (input: I) => Preview | Promise<Preview> = () => ({}),
): Promise<Outcome<typeof dryRunOutcome>> {
  const input = await plan();
  return await previewOutcome(context, workflow.name, workflow.steps(input), await preview(input));
}

/** The same for steps that are known already. */
export async function previewOutcome<C>(
  { store, application }: Place,
  workflow: string,
  tree: StepTree<C>,
  preview: Preview,
): Promise<Outcome<typeof dryRunOutcome>> {
  const usual = usualTimes(await history(store, application.name));
  const json = jsonOf(workflow, tree, usual, preview);
  return { text: textOf(json), json };
}

function jsonOf<C>(workflow: string, tree: StepTree<C>, usual: UsualTime, preview: Preview): Json {
  const { guards = [], verdict = null, destroys = [] } = preview;
  const { ms, unknown } = estimate(tree, usual);
  const steps = stepsOf(tree).map(({ name, pointOfNoReturn }) => {
    const usualMs = usual(name);
    return {
      name,
      ...(usualMs === undefined ? {} : { usualMs }),
      ...(pointOfNoReturn === undefined ? {} : { final: pointOfNoReturn }),
    };
  });
  return {
    ...{ dryRun: true, workflow, refused: guards.some(stops), guards: [...guards], verdict },
    ...{ destroys: [...destroys], steps, usualMs: ms, unknownSteps: unknown.length },
  };
}

function textOf({ workflow, refused, guards, verdict, destroys, steps, ...times }: Json): string {
  const broken = guards.filter(stops).map(({ name }) => name);
  return [
    ...(refused ? [`${workflow} would be refused: ${broken.join(", ")}`] : []),
    ...(verdict === null ? [] : [`verdict: ${verdict}`]),
    ...guards.flatMap(guardLines),
    `${workflow} would take ${steps.length} steps${timeText(times)}:`,
    stepTable(steps),
    ...destroys.map((what) => `destroys ${what}`),
  ].join("\n");
}

function stepTable(steps: Json["steps"]): string {
  const lasting = steps.some(({ final }) => final !== undefined);
  const rows = steps.map(({ name, usualMs, final = "" }) => [
    `  ${name}`,
    usualMs === undefined ? "" : duration(usualMs),
    final,
  ]);
  return table(["  STEP", "USUALLY", ...(lasting ? ["NOT TAKEN BACK, BECAUSE"] : [])], rows);
}

function guardLines({ name, passed, overridden, detail, remedy }: Guard): readonly string[] {
  const line = `  ${passed ? "✔" : "✖"} ${name}: ${detail}${overridden ? " (overridden)" : ""}`;
  return passed || overridden || remedy === undefined ? [line] : [line, `      → ${remedy}`];
}

/** ` · about 1m 40s`, with what is not in it. */
export function timeText({ usualMs, unknownSteps }: Pick<Json, "usualMs" | "unknownSteps">): string {
  if (usualMs === 0) return "";
  const rest = unknownSteps === 0 ? "" : `, and ${unknownSteps} steps that were never done here`;
  return ` · about ${duration(usualMs)}${rest}`;
}
