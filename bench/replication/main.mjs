// `npm run bench:replication`: Hotsite's replication beside the database's own, Debezium and SQL batched by hand, all measured in this run.
// Options: --json, --flavour mariadb,mysql, --only W1,W2,…, --runs 3, --without debezium,native2. Progress goes to standard error.
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ensureTestPrograms } from "../../scripts/packages.mjs";
import { setup } from "../../scripts/setup.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
// Inside node_modules, so that the programs find their packages.
const folder = join(root, `node_modules/.cache/hotsite-bench-${process.pid}`);

await setup({ engine: false });
ensureTestPrograms();
try {
  await mkdir(folder, { recursive: true });
  await bundle();
  const { bench } = await import(pathToFileURL(join(folder, "bench.mjs")).href);
  process.exitCode = await bench({ programs: folder, argv: process.argv.slice(2) });
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** The bench, and what it runs as processes of their own: the gateway as it runs on nodes. */
async function bundle() {
  const { build } = await import("esbuild");
  await build({
    absWorkingDir: root,
    entryPoints: {
      bench: "bench/replication/bench.ts",
      gateway: "replication/node.ts",
      "processor-thread": "replication/thread/processor-thread.ts",
      "decode-ours": "bench/replication/decode-ours.ts",
      "decode-zongji": "bench/replication/decode-zongji.ts",
    },
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    ...{ bundle: true, splitting: true, packages: "external" },
    ...{ format: "esm", platform: "node", target: "node20.19", logLevel: "warning" },
  });
}
