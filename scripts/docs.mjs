// Writes docs/cli.md, docs/config.md and docs/schema from what the command says of itself.
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../", import.meta.url));
const folder = `${root}node_modules/.cache/hotsite/docs`;

await build({
  absWorkingDir: root,
  entryPoints: { cli: "cli/reference.ts", config: "cli/config-reference.ts" },
  outdir: folder,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  format: "esm",
  platform: "node",
  packages: "external",
  external: ["./verbs/*"],
  define: { "import.meta.url": JSON.stringify(new URL("../cli/version.ts", import.meta.url).href) },
});
const { referencePage, schemaFiles } = await import(`${folder}/cli.mjs`);
const { configReference } = await import(`${folder}/config.mjs`);
await writeFile(`${root}docs/cli.md`, referencePage());
await writeFile(`${root}docs/config.md`, configReference());
await mkdir(`${root}docs/schema`, { recursive: true });
for (const [name, text] of Object.entries(schemaFiles())) await writeFile(`${root}docs/schema/${name}`, text);
