// Writes docs/cli.md and docs/schema from what the command says of itself.
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../", import.meta.url));
const bundle = `${root}node_modules/.cache/hotsite/docs/reference.mjs`;

await build({
  absWorkingDir: root,
  entryPoints: ["cli/reference.ts"],
  outfile: bundle,
  bundle: true,
  format: "esm",
  platform: "node",
  packages: "external",
  external: ["./verbs/*"],
  define: { "import.meta.url": JSON.stringify(new URL("../cli/version.ts", import.meta.url).href) },
});
const { referencePage, schemaFiles } = await import(bundle);
await writeFile(`${root}docs/cli.md`, referencePage());
await mkdir(`${root}docs/schema`, { recursive: true });
for (const [name, text] of Object.entries(schemaFiles())) await writeFile(`${root}docs/schema/${name}`, text);
