import { describe, expect, test } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Lower layers first. A file may import from its own folder and from the layers below it, never sideways. */
const layers = [
  ["core"],
  ["workflow", "replication", "lb", "recipes", "drivers", "remote", "store"],
  ["lifecycle"],
  ["failover", "burst", "fleet"],
  ["cli", "console"],
];
const rank = new Map(layers.flatMap((folders, index) => folders.map((folder) => [folder, index] as const)));

describe("import direction", () => {
  const breaches = [...rank.keys()].flatMap((folder) => sourcesIn(folder)).flatMap(breachesOf);

  test("every import goes down the layers, never up and never to a sibling", () => {
    expect(breaches).toEqual([]);
  });

  test("a breach is recognised", () => {
    expect(isAllowed("lifecycle", "core")).toBe(true);
    expect(isAllowed("recipes", "recipes")).toBe(true);
    expect(isAllowed("recipes", "lb")).toBe(false);
    expect(isAllowed("core", "store")).toBe(false);
    expect(isAllowed("store", "test")).toBe(false);
  });
});

function breachesOf(path: string): string[] {
  const from = folderOf(path);
  const { importedFiles } = ts.preProcessFile(readFileSync(join(root, path), "utf8"));
  return importedFiles
    .filter(({ fileName }) => fileName.startsWith("."))
    .map(({ fileName }) => relative(root, resolve(root, dirname(path), fileName)))
    .filter((target) => !isAllowed(from, folderOf(target)) && !isPublicApi(from, target))
    .map((target) => `${path} imports ${target}`);
}

function isAllowed(from: string, to: string): boolean {
  if (from === to) return true;
  return (rank.get(to) ?? Infinity) < (rank.get(from) ?? -1);
}

/** The command hands its own instance of the public API to the config that it loads. */
function isPublicApi(from: string, target: string): boolean {
  return from === "cli" && target === "hotsite.ts";
}

function folderOf(path: string): string {
  return path.split("/")[0] ?? "";
}

function sourcesIn(folder: string): string[] {
  try {
    return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => `${folder}/${name}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
