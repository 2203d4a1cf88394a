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
  // What goes on for a while prints a line for each thing that it tells.
  for (const line of stdout.split("\n").filter((text) => text !== "")) await checkLine(argv, line);
}

async function checkLine(argv: readonly string[], line: string): Promise<void> {
  const printed: unknown = JSON.parse(line);
  const failed = typeof printed === "object" && printed !== null && "error" in printed;
  const file = failed ? "failure.json" : schemaFileOf(verbOf(argv));
  const schema = z.fromJSONSchema(JSON.parse(await readFile(new URL(file, folder), "utf8")) as JsonSchema);
  const { success, error } = schema.safeParse(printed);
  if (success) return;
  throw new Error(
    `${argv.join(" ")} does not print what docs/schema/${file} says:\n${z.prettifyError(error)}\n${line}`,
  );
}

function verbOf(argv: readonly string[]): string {
  const quiet = { out: () => undefined, err: () => undefined };
  return parseArguments(argv, quiet)?.verb.name ?? "";
}
