import type { Command } from "../../core/command.ts";
import type { NodePlan, RecipeContext, Service } from "../../core/recipe.ts";

/** Every command of a plan. */
export function commandsOf({ stages, ready, alive }: NodePlan): readonly Command[] {
  const explain = ready.explain === undefined ? [] : [ready.explain];
  return [...Object.values(stages).flat(), ready.command, alive, ...explain];
}

/** What people may call by name. */
export function callable(
  { recipe }: Service,
  context: RecipeContext<unknown>,
): readonly { readonly name: string; readonly command: Command }[] {
  const named = (
    kind: string,
    all: Readonly<Record<string, { run(of: typeof context, args: []): Command }>>,
  ) => Object.entries(all).map(([name, one]) => ({ name: `${kind} ${name}`, command: one.run(context, []) }));
  return [...named("command", recipe.commands), ...named("metric", recipe.metrics)];
}

/** What a process list or a log would show. */
export function visible(command: Command): readonly string[] {
  switch (command.kind) {
    case "exec":
      return [...command.argv, ...Object.values(command.env ?? {})];
    case "script":
      return [command.text, ...command.args];
    default:
      return inner(command).flatMap(visible);
  }
}

export function scriptsOf(command: Command): readonly string[] {
  return command.kind === "script" ? [command.text] : inner(command).flatMap(scriptsOf);
}

function inner(command: Command): readonly Command[] {
  if (command.kind === "either") return [command.first, command.second];
  return command.kind === "all" || command.kind === "pipe" ? command.commands : [];
}
