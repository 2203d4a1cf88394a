// Writes docs/cli.md, docs/config.md and docs/schema from what the command says of itself.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../", import.meta.url));
const folder = `${root}node_modules/.cache/hotsite/docs`;

await build({
  absWorkingDir: root,
  entryPoints: { cli: "cli/reference.ts", config: "cli/config-reference.ts", schemas: "cli/schemas.ts" },
  outdir: folder,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  packages: "external",
  define: { "import.meta.url": JSON.stringify(new URL("../cli/version.ts", import.meta.url).href) },
});
const { referencePage } = await import(`${folder}/cli.mjs`);
const { configReference } = await import(`${folder}/config.mjs`);
const { schemaFiles } = await import(`${folder}/schemas.mjs`);
await writeFile(`${root}docs/cli.md`, referencePage());
await writeFile(`${root}docs/config.md`, configReference());
await rm(`${root}docs/schema`, { recursive: true, force: true });
await mkdir(`${root}docs/schema`, { recursive: true });
for (const [name, text] of Object.entries(await schemaFiles()))
  await writeFile(`${root}docs/schema/${name}`, text);
