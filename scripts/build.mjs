// Bundles the command and the public API into dist/. Dependencies stay outside: npm installs them beside it.
// `--types` adds the declarations of the public API, which only a package needs.
import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundleGateway } from "./bundle-gateway.mjs";
import { sourcesStamp, stampFile } from "./stale.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const dist = join(root, "dist");
const entries = ["main.js", "hotsite.js", "processor-thread.js"];
/** Packages that every command starts with and that consist of many files or are mostly unused: opening the files would take longer than answering. */
const bundled = new Set(["commander", "dockerode", "ssh2", "ssh2-sftp-client", "zod"]);
/** Packages that are no CommonJS: what `require` gives for them is not what their importers expect. */
const modules = new Set(["@vlasky/zongji"]);

/**
 * Builds dist/. A command that runs meanwhile still finds the pieces it loads later: they are named by their content, so the old ones
 * can stay beside the new ones. `clean` takes them away.
 */
export async function buildAll({ types = false, clean = false } = {}) {
  const stamp = sourcesStamp();
  const fresh = await mkdtemp(join(root, ".dist-"));
  try {
    await Promise.all([bundle(fresh), bundleGateway(join(fresh, "gateway.tgz"))]);
    await cp(join(root, "cli/templates"), join(fresh, "templates"), { recursive: true });
    if (types) emitTypes(fresh);
    const kept = await moveInto(dist, fresh);
    if (clean) await removeOthers(kept);
    await writeFile(stampFile, stamp);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

async function bundle(outdir) {
  await build({
    absWorkingDir: root,
    entryPoints: {
      ...{ main: "cli/main.ts", hotsite: "hotsite.ts" },
      "processor-thread": "replication/thread/processor-thread.ts",
    },
    outdir,
    bundle: true,
    // One instance of each module for the command and for the config that imports "hotsite"; and verbs load only what they use.
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    plugins: [packagesByRequire],
    // What is bundled of CommonJS asks for Node's own modules in this way, and some of it for its own folder.
    banner: {
      js: 'import { createRequire as hotsiteRequire } from "node:module"; const require = hotsiteRequire(import.meta.url), __dirname = import.meta.dirname;',
    },
    sourcemap: true,
    logLevel: "warning",
  });
}

/**
 * All other packages stay beside the command: some hold compiled code, most are needed by few commands. They are loaded by `require`:
 * an `import` of CommonJS has Node search the whole text of each of its files for names, which takes as long again as running it.
 */
const packagesByRequire = {
  name: "packages by require",
  async setup({ onResolve, onLoad }) {
    const { dependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    const beside = (path) => packageOf(path) in dependencies && !bundled.has(packageOf(path));
    onResolve({ filter: /^[^./]/ }, ({ path, namespace }) => {
      if (namespace === "package" || namespace === "languages") return { path, external: true };
      if (modules.has(path)) return { path, external: true };
      return beside(path) ? { path, namespace: "package" } : undefined;
    });
    // Compiled code of a bundled package, which may be missing: then it does without.
    onResolve({ filter: /\.node$|^cpu-features$/ }, ({ path, resolveDir }) => ({
      path: path.startsWith(".") ? join(resolveDir, path).replace(/^.*\/node_modules\//, "") : path,
      external: true,
    }));
    onLoad({ filter: /.*/, namespace: "package" }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
    // For building images in another way than ours; brings all of gRPC with it.
    const onUse = (path) => `require("dockerode/lib/" + ${JSON.stringify(basename(path))})`;
    onLoad({ filter: /\/dockerode\/lib\/session\.js$/ }, ({ path }) => ({
      contents: `module.exports = (...args) => ${onUse(path)}(...args);`,
    }));
    onLoad({ filter: /\/dockerode\/lib\/buildkit\.js$/ }, ({ path }) => ({
      contents: `module.exports = ${onUse(path)};`,
    }));
    // Messages in sixty languages are half of zod: each is loaded when a config asks for it.
    onResolve({ filter: /^\.\.\/locales\/index\.js$/ }, ({ path }) => ({ path, namespace: "languages" }));
    onLoad({ filter: /.*/, namespace: "languages" }, async () => {
      const names = JSON.stringify(Object.keys(await import("zod/locales")));
      return {
        contents: `for (const name of ${names}) Object.defineProperty(exports, name, { enumerable: true, get: () => require("zod/locales")[name] });`,
      };
    });
  },
};

/** `zod` of `zod/v4`, `@aws-sdk/client-ec2` of itself. */
function packageOf(path) {
  return path.split("/", path.startsWith("@") ? 2 : 1).join("/");
}

function emitTypes(outdir) {
  const { status } = spawnSync(
    process.execPath,
    ["node_modules/typescript/bin/tsc", "-p", "scripts/types.tsconfig.json", "--outDir", outdir],
    { cwd: root, stdio: "inherit" },
  );
  if (status !== 0) throw new Error("the declarations could not be written");
}

/** The entries go last: whoever starts from a new one finds everything that it needs. */
async function moveInto(target, fresh) {
  const files = (await readdir(fresh, { recursive: true, withFileTypes: true }))
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name).slice(fresh.length + 1))
    .sort((a, b) => entries.indexOf(a) - entries.indexOf(b));
  for (const file of files) {
    await mkdir(dirname(join(target, file)), { recursive: true });
    await rename(join(fresh, file), join(target, file));
  }
  return new Set(files);
}

async function removeOthers(kept) {
  for (const file of await readdir(dist, { recursive: true, withFileTypes: true })) {
    const path = join(file.parentPath, file.name);
    if (file.isFile() && !kept.has(path.slice(dist.length + 1))) await rm(path);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const began = performance.now();
  await buildAll({ types: process.argv.includes("--types"), clean: true });
  console.error(`build: dist in ${((performance.now() - began) / 1000).toFixed(1)} s`);
}
