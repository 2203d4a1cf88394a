import { readFile } from "node:fs/promises";
import { z } from "zod";
import { parseArguments } from "../../cli/program.ts";
import { schemaFileOf } from "../../cli/schemas.ts";

/** As zod reads it. */
type JsonSchema = Parameters<typeof z.fromJSONSchema>[0];

const folder = new URL("../../docs/schema/", import.meta.url);

/** Throws unless what a command line printed is what its published schema says; says nothing of one that prints no JSON. */
export async function checkPrinted(argv: readonly string[], stdout: string): Promise<void> {
  if (!argv.includes("--json")) return;
  const lines = stdout.split("\n").filter((text) => text !== "");
  // What goes on for a while prints a line for each thing that it tells.
  const goesOn = argv.includes("replicate") || argv.includes("--watch");
  if (!goesOn && lines.length !== 1)
    throw new Error(`${argv.join(" ")} prints ${lines.length} lines, not one document:\n${stdout}`);
  for (const line of lines) await checkLine(argv, line);
}

async function checkLine(argv: readonly string[], line: string): Promise<void> {
  const printed: unknown = JSON.parse(line);
  const failed = typeof printed === "object" && printed !== null && "error" in printed;
  const file = failed ? "failure.json" : (askedOf(argv) ?? schemaFileOf(verbOf(argv)));
  const schema = z.fromJSONSchema(JSON.parse(await readFile(new URL(file, folder), "utf8")) as JsonSchema);
  const { success, error } = schema.safeParse(printed);
  if (success) return;
  throw new Error(
    `${argv.join(" ")} does not print what docs/schema/${file} says:\n${z.prettifyError(error)}\n${line}`,
  );
}

/** What is asked instead of a verb's work. */
function askedOf(argv: readonly string[]): string | undefined {
  if (argv.some((word) => word === "--help" || word === "-h")) return "help.json";
  return argv.some((word) => word === "--version" || word === "-V") ? "version.json" : undefined;
}

function verbOf(argv: readonly string[]): string {
  const quiet = { out: () => undefined, err: () => undefined };
  return parseArguments(argv, quiet)?.verb.name ?? "";
}
