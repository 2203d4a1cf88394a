import { spawnSync } from "node:child_process";
import { describe, expect, test } from "@jest/globals";
import type { Command, NodeFile } from "../../core/command.ts";
import type { NodePlan, RecipeContext, Service } from "../../core/recipe.ts";
import { Secret } from "../../core/secret.ts";

/** A service and the context of one of its nodes, whose secrets all read `SECRET-…`. */
export interface Example {
  readonly service: Service;
  readonly context: RecipeContext<unknown>;
}

/** What every recipe promises. `make` gives a fresh example each time. */
export function describeRecipe(name: string, make: () => Example | Promise<Example>): void {
  const planned = async (): Promise<NodePlan> => {
    const { service, context } = await make();
    return service.recipe.plan(context);
  };

  describe(`the recipe ${name}`, () => {
    test("plans the same for the same context", async () => {
      const { service, context } = await make();
      expect(bare(service.recipe.plan(context))).toEqual(bare(service.recipe.plan(context)));
    });

    test("puts every file at an absolute path of its own", async () => {
      const paths = (await planned()).files.map(({ path }) => path);
      expect(paths.filter((path) => !path.startsWith("/") || path.includes("/../"))).toEqual([]);
      expect(new Set(paths).size).toBe(paths.length);
    });

    test("lets no secret into an argument, an environment or a script", async () => {
      const { service, context } = await make();
      const commands = [...commandsOf(service.recipe.plan(context)), ...callable(service, context)];
      expect(commands.flatMap(visible).filter((text) => text.includes("SECRET"))).toEqual([]);
    });

    test("keeps a file with a secret from other users, and from logs", async () => {
      const secret = (await planned()).files.filter((file) => textOf(file).includes("SECRET"));
      expect(secret.filter(({ content }) => !(content instanceof Secret)).map(({ path }) => path)).toEqual(
        [],
      );
      expect(secret.filter(({ mode = 0o644 }) => (mode & 0o007) !== 0).map(({ path }) => path)).toEqual([]);
    });

    test("stops what it starts, and once more before it is removed", async () => {
      const { units, stages } = await planned();
      expect(units.length).toBeGreaterThan(0);
      for (const stage of ["start", "stop", "uninstall"] as const) {
        const said = stages[stage].flatMap(visible);
        expect(units.filter((unit) => !said.includes(unit))).toEqual([]);
      }
    });

    test("writes scripts that a shell can read", async () => {
      const scripts = commandsOf(await planned()).flatMap(scriptsOf);
      const broken = scripts.filter((text) => spawnSync("sh", ["-n"], { input: text }).status !== 0);
      expect(broken).toEqual([]);
    });

    test("asks for packages by names that Debian allows", async () => {
      expect((await planned()).packages.filter((name) => !/^[a-z0-9][a-z0-9.+-]+$/.test(name))).toEqual([]);
    });

    test("asks within a deadline whether it is ready", async () => {
      expect((await planned()).ready.timeoutMs).toBeGreaterThan(0);
    });
  });
}

/** Every command of a plan. */
export function commandsOf({ stages, ready, alive }: NodePlan): readonly Command[] {
  const explain = ready.explain === undefined ? [] : [ready.explain];
  return [...Object.values(stages).flat(), ready.command, alive, ...explain];
}

function callable({ recipe }: Service, context: RecipeContext<unknown>): readonly Command[] {
  return [
    ...Object.values(recipe.commands).map((command) => command.run(context, [])),
    ...Object.values(recipe.metrics).map((metric) => metric.run(context)),
  ];
}

/** What a process list or a log would show. */
function visible(command: Command): readonly string[] {
  switch (command.kind) {
    case "exec":
      return [...command.argv, ...Object.values(command.env ?? {})];
    case "script":
      return [command.text, ...command.args];
    default:
      return inner(command).flatMap(visible);
  }
}

function scriptsOf(command: Command): readonly string[] {
  return command.kind === "script" ? [command.text] : inner(command).flatMap(scriptsOf);
}

function inner(command: Command): readonly Command[] {
  if (command.kind === "either") return [command.first, command.second];
  return command.kind === "all" || command.kind === "pipe" ? command.commands : [];
}

function textOf({ content }: NodeFile): string {
  if (content instanceof Secret) return content.reveal();
  return typeof content === "string" ? content : "";
}

/** Secrets as their text, since two of them would always look equal. */
function bare(value: unknown): unknown {
  if (value instanceof Secret) return value.reveal();
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, bare(part)]));
}
