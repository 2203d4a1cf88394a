import { z } from "zod";
import type { Command } from "../core/command.ts";

/**
 * What the parts of a recipe have to be: a config and the recipes that it brings are run without a look at their types, and a wrong part
 * would else be found by whatever stumbles over it, on a node.
 */
export const planParts = z.object({
  packages: z.array(z.string()),
  files: z.array(
    z.object({
      path: z.string().startsWith("/", { error: "should begin with /" }),
      content: z.custom(isContent, "should be a text, a secret or { local: path }"),
      mode: z.int().optional(),
    }),
  ),
  service: z.object({
    units: z.array(z.string()),
    stages: z.object({
      install: commands(),
      configure: commands(),
      start: commands(),
      stop: commands(),
      uninstall: commands(),
    }),
    alive: aCommand(),
  }),
  hooks: z.array(z.record(z.string(), commands())),
  ready: z.object({
    command: aCommand(),
    timeoutMs: z.number().positive(),
    hopeless: aCommand().optional(),
    explain: aCommand().optional(),
  }),
  alive: aCommand().optional(),
  keeps: z.record(z.string(), z.string()),
  erase: commands(),
});

function commands(): z.ZodArray<ReturnType<typeof aCommand>> {
  return z.array(aCommand());
}

function aCommand(): z.ZodCustom<Command> {
  return z.custom<Command>(isCommand, "should be a command, like command(…), script(…) or all(…)");
}

function isCommand(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  const { kind, argv, text, args, commands: inner, first, second } = value as Record<string, unknown>;
  if (kind === "exec") return isTexts(argv) && argv.length > 0;
  if (kind === "script") return typeof text === "string" && isTexts(args);
  if (kind === "either") return isCommand(first) && isCommand(second);
  return (kind === "all" || kind === "pipe") && Array.isArray(inner) && inner.every(isCommand);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function isContent(value: unknown): boolean {
  return typeof value === "string" || (typeof value === "object" && value !== null);
}
