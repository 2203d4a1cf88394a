import { spawnSync } from "node:child_process";
import { isDeepStrictEqual } from "node:util";
import type { NodeFile } from "../../core/command.ts";
import type { RecipeContext, Service } from "../../core/recipe.ts";
import { Secret } from "../../core/secret.ts";
import { walk } from "../../recipes/walk.ts";
import { callable, commandsOf, scriptsOf, visible } from "./commands.ts";

/** Something that every recipe promises and that its plan alone shows. */
export interface PlanCheck {
  readonly promise: string;
  /** What breaks it; empty when it is kept. */
  problems(service: Service, context: RecipeContext<unknown>): readonly string[];
}

/** What every recipe promises, as far as its plan shows it. */
export const planChecks: readonly PlanCheck[] = [
  {
    promise: "plans the same for the same context",
    problems: ({ recipe }, context) =>
      isDeepStrictEqual(bare(recipe.plan(context)), bare(recipe.plan(context))) ? [] : ["two plans differ"],
  },
  {
    promise: "puts every file at an absolute path of its own",
    problems: ({ recipe }, context) => {
      const paths = recipe.plan(context).files.map(({ path }) => path);
      const strange = paths.filter((path) => !path.startsWith("/") || path.includes("/../"));
      const twice = paths.filter((path, index) => paths.indexOf(path) !== index);
      return [...strange, ...twice.map((path) => `${path} twice`)];
    },
  },
  {
    promise: "lets no secret into an argument, an environment or a script",
    problems: (service, context) => {
      const own = commandsOf(service.recipe.plan(context)).map((command) => ({ name: "a stage", command }));
      const tells = [...own, ...callable(service, context)].filter(({ command }) =>
        visible(command).some((text) => hasSecret(text, context)),
      );
      return [...new Set(tells.map(({ name }) => `${name} shows one`))];
    },
  },
  {
    promise: "keeps a file with a secret from other users, and from logs",
    problems: ({ recipe }, context) => {
      const secret = recipe.plan(context).files.filter((file) => hasSecret(textOf(file), context));
      return [
        ...secret
          .filter(({ content }) => !(content instanceof Secret))
          .map(({ path }) => `${path}: its text is no Secret`),
        ...secret
          .filter(({ mode = 0o644 }) => (mode & 0o007) !== 0)
          .map(({ path }) => `${path}: everybody may read it`),
      ];
    },
  },
  {
    promise: "stops what it starts, and once more before it is removed",
    problems: ({ recipe }, context) => {
      const { units, stages } = recipe.plan(context);
      return (["start", "stop", "uninstall"] as const).flatMap((stage) => {
        const said = stages[stage].flatMap(visible);
        return units
          .filter((unit) => !said.includes(unit))
          .map((unit) => `${stage} does not speak of ${unit}`);
      });
    },
  },
  {
    promise: "writes scripts that a shell can read",
    problems: (service, context) => {
      const scripts = commandsOf(service.recipe.plan(context)).flatMap(scriptsOf);
      const called = callable(service, context).flatMap(({ command }) => scriptsOf(command));
      return [...scripts, ...called].flatMap((text) => {
        const { status, stderr } = spawnSync("sh", ["-n"], { input: text, encoding: "utf8" });
        return status === 0 ? [] : [stderr.trim()];
      });
    },
  },
  {
    promise: "asks for packages by names that Debian allows",
    problems: ({ recipe }, context) =>
      recipe.plan(context).packages.filter((name) => !/^[a-z0-9][a-z0-9.+-]+$/.test(name)),
  },
  {
    promise: "asks within a deadline whether it is ready",
    problems: ({ recipe }, context) =>
      recipe.plan(context).ready.timeoutMs > 0 ? [] : ["ready has no deadline"],
  },
  {
    promise: "says why each thing that it keeps stays",
    problems: ({ recipe }, context) =>
      Object.entries(recipe.plan(context).keeps)
        .filter(([path, reason]) => !path.startsWith("/") || reason.trim() === "")
        .map(([path]) => path),
  },
];

/** A text shorter than this is no secret, and would be found in anything. */
const shortestSecret = 6;

function hasSecret(text: string, context: RecipeContext<unknown>): boolean {
  const secrets: string[] = [];
  walk([context.params, context.secrets, context.tls], (value) => {
    if (value instanceof Secret) secrets.push(value.reveal().trim());
    return value instanceof Secret;
  });
  return secrets.some((secret) => secret.length >= shortestSecret && text.includes(secret));
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
