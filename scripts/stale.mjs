// Whether dist/ was built from the sources that are here. Quick, since the command asks at each start in a checkout.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const notSources = new Set([
  "node_modules",
  "dist",
  "test",
  "bench",
  "docs",
  "examples",
  "coverage",
  "drills",
]);

export const stampFile = join(root, "dist/.sources");

/** Sizes and times of the sources when they were last compared by content. */
const glanceFile = join(root, "dist/.glance");

/**
 * True when there is no build, or one of other sources. An installed package has no sources and is never stale. What was neither touched nor
 * built again since the last look is not read again.
 */
export function isStale() {
  if (!existsSync(join(root, "cli/main.ts"))) return false;
  if (!existsSync(stampFile)) return true;
  const stamp = readFileSync(stampFile, "utf8");
  const glance = `${stamp}\n${glanceOf(sources())}`;
  if (existsSync(glanceFile) && readFileSync(glanceFile, "utf8") === glance) return false;
  if (stamp !== sourcesStamp()) return true;
  writeFileSync(glanceFile, glance);
  return false;
}

/** Not digested: comparing is quicker. */
function glanceOf(paths) {
  return paths
    .map((path) => {
      const { size, mtimeMs, ctimeMs } = statSync(root + path);
      return `${path} ${size} ${mtimeMs} ${ctimeMs}`;
    })
    .join("\n");
}

/** A digest of every source file that a build reads. */
export function sourcesStamp() {
  const hash = createHash("sha256");
  for (const path of sources()) hash.update(path).update(readFileSync(join(root, path)));
  return hash.digest("hex");
}

function sources() {
  const folders = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && !notSources.has(entry.name))
    .map(({ name }) => name);
  return ["hotsite.ts", "package.json", ...folders.flatMap(sourcesIn)].sort();
}

/** Reads each folder by itself: asking Node for all below takes twice as long. */
function sourcesIn(folder) {
  return readdirSync(root + folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return sourcesIn(path);
    return /\.(ts|mjs)$/.test(entry.name) ? [path] : [];
  });
}
