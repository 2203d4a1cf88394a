import { execFile } from "node:child_process";
import { cp, mkdir, readdir, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { packFolder } from "../pack.ts";

const run = promisify(execFile);

/** Where things are in an unpacked tree of Debian packages, and what is wanted of it. */
export interface TreeSpec {
  readonly server: string;
  readonly programs: readonly string[];
  readonly share: string;
  readonly plugins: string;
}

const LIBRARIES = "usr/lib/x86_64-linux-gnu";
const LOADER = "ld-linux-x86-64.so.2";
/** Only for people who look at a core dump. */
const NOT_SHIPPED = ["mysql-test", "man", "doc"];

/** Packs what is wanted into an archive laid out as the makers' own ones: `bin`, `lib` with the loader in it, `lib/plugin`, `share`. */
export async function packTree(root: string, spec: TreeSpec, archive: string): Promise<void> {
  const tree = join(dirname(root), "tree");
  await mkdir(join(tree, "bin"), { recursive: true });
  await mkdir(join(tree, "lib/plugin"), { recursive: true });
  const programs = [
    join(root, "usr/sbin", spec.server),
    ...spec.programs.map((name) => join(root, "usr/bin", name)),
  ];
  for (const program of programs) await cp(await realpath(program), join(tree, "bin", basename(program)));
  const plugins = await pluginsIn(join(root, spec.plugins));
  for (const plugin of plugins) await cp(plugin, join(tree, "lib/plugin", basename(plugin)));
  for (const library of await librariesOf(root, [...programs, ...plugins]))
    await cp(await realpath(library), join(tree, "lib", basename(library)));
  await cp(await realpath(join(root, LIBRARIES, LOADER)), join(tree, "lib", LOADER));
  await cp(join(root, spec.share), join(tree, "share"), {
    recursive: true,
    filter: (path) => !NOT_SHIPPED.includes(basename(path)),
  });
  await packFolder(tree, archive);
}

async function pluginsIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith(".so")).map((name) => join(folder, name));
}

/** All libraries that the tree's own loader finds for these files, by the names under which it looks for them. */
async function librariesOf(root: string, files: readonly string[]): Promise<ReadonlySet<string>> {
  const folder = join(root, LIBRARIES);
  const options = ["--library-path", folder, "--list"];
  const found = new Set<string>();
  for (const file of files) {
    const { stdout } = await run(join(folder, LOADER), [...options, file]);
    for (const [, path = ""] of stdout.matchAll(/=> (\S+) \(/g)) if (path.startsWith(root)) found.add(path);
  }
  return found;
}
