// Makes dist/gateway.tgz: what gateway and witness run on nodes, without node_modules. Only lmdb stays a package, for its native part.
import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Path of the archive, which holds `main.mjs` and what it loads. */
export async function bundleGateway(target = join(root, "dist/gateway.tgz")) {
  await mkdir(dirname(target), { recursive: true });
  const folder = await mkdtemp(join(dirname(target), ".gateway-"));
  try {
    await bundle(join(folder, "files"));
    for (const name of await closure("lmdb")) await copyPackage(name, join(folder, "files/node_modules"));
    pack(join(folder, "files"), join(folder, "gateway.tgz"));
    await rename(join(folder, "gateway.tgz"), target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return target;
}

async function bundle(outdir) {
  await build({
    absWorkingDir: root,
    entryPoints: {
      main: "replication/node.ts",
      "processor-thread": "replication/thread/processor-thread.ts",
    },
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    // A control command loads only what it needs.
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    external: ["lmdb"],
    // Packages that are CommonJS ask for Node's own modules by `require`.
    banner: {
      js: 'import { createRequire as hotsiteRequire } from "node:module"; const require = hotsiteRequire(import.meta.url);',
    },
    logLevel: "warning",
  });
}

/** A package with everything that it needs at run time and that is installed here: optional packages are there for this platform alone. */
async function closure(name, known = new Set()) {
  const manifest = await manifestOf(name);
  if (manifest === undefined || known.has(name)) return known;
  known.add(name);
  for (const needed of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    await closure(needed, known);
  }
  return known;
}

async function manifestOf(name) {
  try {
    return JSON.parse(await readFile(join(root, "node_modules", name, "package.json"), "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Without sources, documentation and binaries for other C libraries. */
async function copyPackage(name, into) {
  const from = join(root, "node_modules", name);
  await cp(from, join(into, name), {
    recursive: true,
    dereference: true,
    filter: (path) =>
      !/\/(src|dependencies|dict|test|README\.md|.*\.map|.*\.d\.c?ts|.*\.musl\.node)$/.test(
        path.slice(from.length),
      ),
  });
}

/** The same content gives the same bytes, so a node that has them is not sent them again. */
function pack(folder, archive) {
  const same = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
  const { status, error } = spawnSync(
    "tar",
    ["-c", ...same, "-I", "gzip -n", "-f", archive, "-C", folder, "."],
    { stdio: "inherit" },
  );
  if (status !== 0) throw new Error(`tar: ${error?.message ?? `exit ${status}`}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await bundleGateway());
