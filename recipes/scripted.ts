import { z } from "zod";
import { command, file, script, type Command, type NodeFile } from "../core/command.ts";
import type { Endpoint } from "../core/driver.ts";
import type { LifecycleStage, RecipeContext } from "../core/recipe.ts";
import { check } from "./checks.ts";
import { CA_PATH, REMOVE_COMMON } from "./common.ts";
import { defineRecipe } from "./define.ts";
import { environmentFile, placeVariables } from "./environment.ts";
import { LocalPath, localPath } from "./local-path.ts";
import type { ServiceControl } from "./systemd.ts";
import { resolveText, textValue } from "./text.ts";

const kinds: readonly unknown[] = ["exec", "all", "either", "pipe", "script"];

const commandValue = z.custom<Command>(
  (value) => typeof value === "object" && value !== null && "kind" in value && kinds.includes(value.kind),
);

const step = z.union([localPath(), commandValue, z.array(commandValue)], {
  error:
    'should be the path of a script beside the config, command("program", …), script("…"), or a list of those',
});

type StepValue = z.output<typeof step>;

const absolute = z.string().regex(/^\/(?!.*(^|\/)\.\.(\/|$))[^\0]*$/, {
  error: "should be an absolute path without ..",
});

const scriptedParams = z.strictObject({
  install: step.optional(),
  configure: step.optional(),
  start: step.optional(),
  stop: step.optional().describe("needed where there is a start"),
  uninstall: step.optional().describe("removes what the other steps made"),
  alive: step.optional().describe("succeeds while it runs. Default: it is taken to run"),
  ready: step.optional().describe("succeeds once it can be used. Default: the same as alive"),
  readyTimeoutSeconds: z.int().min(1).max(3600).default(60),
  units: z.array(z.string().min(1)).default([]).describe("systemd units whose journal `hotsite logs` shows"),
  packages: z.array(z.string().min(2)).default([]).describe("of Debian"),
  environment: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), textValue)
    .default({})
    .describe("of every script that is a file"),
  files: z.record(absolute, textValue).default({}).describe("texts on the node, by absolute path"),
  uploads: z
    .record(absolute, localPath())
    .default({})
    .describe("files beside the config, by absolute path on the node"),
  ports: z.array(z.int().min(1).max(65535)).default([]).describe("that people reach from outside the site"),
  keeps: z.record(absolute, z.string().min(1)).default({}).describe("what uninstalling leaves, and why"),
});

type Params = z.output<typeof scriptedParams>;
type Context = RecipeContext<Params>;

const stages = [
  "install",
  "configure",
  "start",
  "stop",
  "uninstall",
] as const satisfies readonly LifecycleStage[];

/** The recipe of last resort: any script or command for each stage. Each has to be repeatable, as everywhere. */
export const scripted = defineRecipe("scripted", {
  params: scriptedParams.refine(({ start, stop }) => (start === undefined) === (stop === undefined), {
    error: "what is started has to be stopped: give both start and stop, or none",
    path: ["stop"],
  }),
  packages: ({ params }) => params.packages,
  files: scriptedFiles,
  service: controlOf,
  hooks: ({ service }) => ({
    afterUninstall: [
      script(`rm -rf "$@"; ${REMOVE_COMMON}`, `/opt/hotsite/${service}`, `/etc/hotsite/${service}`),
    ],
  }),
  ready: (context) => {
    const { ready, alive, readyTimeoutSeconds } = context.params;
    return check(oneOf(context, ready ?? alive), { timeoutMs: readyTimeoutSeconds * 1000 });
  },
  expose: ({ ports }) => ports,
  keeps: ({ params }) => params.keeps,
  endpoints: (ref) => ({
    /** Where one of its ports is reached. */
    at: (port: number) => ref(`at(${port})`, ({ node }): Endpoint => ({ host: node.address, port })),
  }),
});

function controlOf(context: Context): ServiceControl {
  const { params } = context;
  const stage = (name: LifecycleStage): readonly Command[] => commandsOf(context, params[name]);
  return {
    units: params.units,
    stages: {
      install: stage("install"),
      configure: stage("configure"),
      start: stage("start"),
      stop: stage("stop"),
      uninstall: stage("uninstall"),
    },
    alive: oneOf(context, params.alive),
  };
}

function scriptedFiles(context: Context): readonly NodeFile[] {
  const { params } = context;
  const restarts = { restarts: params.stop !== undefined };
  const scripts = [...stages, "alive", "ready"] as const;
  return [
    file(
      environmentPath(context),
      environmentFile(context, { ...placeVariables(context), ...params.environment }),
      {
        mode: 0o600,
        ...restarts,
      },
    ),
    file(CA_PATH, context.tls.ca, restarts),
    ...scripts.flatMap((name) => {
      const value = params[name];
      if (!(value instanceof LocalPath)) return [];
      return [file(scriptPath(context, value), { local: value.located.path }, { mode: 0o755, ...restarts })];
    }),
    ...Object.entries(params.files).map(([path, content]) => {
      const text = resolveText(context, content);
      return file(path, text, { mode: typeof text === "string" ? 0o644 : 0o600, ...restarts });
    }),
    ...Object.entries(params.uploads).map(([path, from]) =>
      file(path, { local: from.located.path }, restarts),
    ),
  ].filter((one, index, all) => all.findIndex(({ path }) => path === one.path) === index);
}

function oneOf(context: Context, value: StepValue | undefined): Command {
  const commands = commandsOf(context, value);
  return commands.length === 0 ? command("true") : { kind: "all", commands };
}

function commandsOf(context: Context, value: StepValue | undefined): readonly Command[] {
  if (value === undefined) return [];
  if (!(value instanceof LocalPath)) return Array.isArray(value) ? value : [value];
  return [script(WITH_ENVIRONMENT, environmentPath(context), scriptPath(context, value))];
}

function environmentPath({ service }: Context): string {
  return `/etc/hotsite/${service}/environment`;
}

function scriptPath({ service }: Context, { located }: LocalPath): string {
  return `/opt/hotsite/${service}/scripts/${located.hash.slice(0, 16)}`;
}

const WITH_ENVIRONMENT = `set -a; . "$1"; set +a; exec "$2"`;
