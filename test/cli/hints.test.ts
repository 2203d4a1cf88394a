import { expect, test } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { verbs } from "../../cli/verbs.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folders = readdirSync(root, { withFileTypes: true }).filter(
  (entry) => entry.isDirectory() && !["node_modules", "test", "dist"].includes(entry.name),
);

test("every command that a hint names exists", () => {
  const known = new Set(verbs.map(({ name }) => name.split(" ")[0]));
  const named = folders.flatMap(({ name }) => sourcesIn(name).flatMap(commandsInHints));
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ verb }) => !known.has(verb))).toEqual([]);
});

function commandsInHints(path: string): readonly { path: string; verb: string }[] {
  const text = readFileSync(root + path, "utf8");
  const hints = [...text.matchAll(/\b(?:hint|remedy|next):\s*["`]([^"\n]*)/g)].map(([, hint = ""]) => hint);
  return hints.flatMap((hint) =>
    [...hint.matchAll(/\bhotsite ([a-z]+)/g)].map(([, verb = ""]) => ({ path, verb })),
  );
}

function sourcesIn(folder: string): readonly string[] {
  return readdirSync(root + folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}/${name}`);
}
