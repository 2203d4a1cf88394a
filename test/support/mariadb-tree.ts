import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { debianServer } from "../../recipes/mysql/debian-tree.ts";
import { scratch, serverCache, serverUser, settle } from "./server-folder.ts";

const run = promisify(execFile);

/** Another line than this machine's own: Debian's next stable has it. */
export type MariadbVersion = "11.8";

/** Where MariaDB's programs and files are, and an initialised data folder to copy. */
export interface MariadbTree {
  readonly server: string;
  /** What comes before the options, where the tree's own loader runs the program. */
  readonly args: readonly string[];
  readonly share: string;
  readonly plugins: string;
  readonly env: NodeJS.ProcessEnv;
  readonly template: string;
}

const cache = serverCache("mariadb");
const found = new Map<string, Promise<MariadbTree>>();

/** The MariaDB of this machine, or Debian's packages unpacked into a cache of our own. */
export function mariadbTree(version?: MariadbVersion): Promise<MariadbTree> {
  const known = found.get(version ?? "") ?? (version === undefined ? findTree() : newerTree(version));
  found.set(version ?? "", known);
  return known;
}

async function findTree(): Promise<MariadbTree> {
  const root = existsSync("/usr/sbin/mariadbd") ? "/" : await unpackedPackages();
  const server = join(root, "usr/sbin/mariadbd");
  const library = join(root, "usr/lib", `${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`);
  const env = root === "/" ? process.env : { ...process.env, LD_LIBRARY_PATH: library };
  const newer = join(root, "usr/share/mariadb/mariadb_system_tables.sql");
  const share = join(root, existsSync(newer) ? "usr/share/mariadb" : "usr/share/mysql");
  const { stdout } = await run(server, ["--version"], { env });
  const version = /Ver (\S+)/.exec(stdout)?.[1] ?? "unknown";
  const tree = { server, args: [], share, plugins: join(root, "usr/lib/mysql/plugin"), env };
  return { ...tree, template: await initialised(tree, join(cache, `data-${version}`)) };
}

/** With all libraries that it needs, its loader included. */
async function newerTree(version: MariadbVersion): Promise<MariadbTree> {
  const folder = join(cache, version);
  if (!existsSync(folder)) {
    const archive = debianServer({ flavour: "mariadb", suite: "trixie", version });
    await archive.locate("/");
    const making = await scratch(cache, "tree-");
    await run("tar", ["-xzf", archive.located.path, "-C", making]);
    await settle(making, folder);
  }
  const server = join(folder, "bin/mariadbd");
  const tree = {
    server: join(folder, "lib/ld-linux-x86-64.so.2"),
    args: ["--library-path", join(folder, "lib"), "--argv0", server, server],
    ...{ share: join(folder, "share"), plugins: join(folder, "lib/plugin"), env: process.env },
  };
  return { ...tree, template: await initialised(tree, join(cache, `data-${version}`)) };
}

/** Only what is not installed is fetched; nothing is installed. */
async function unpackedPackages(): Promise<string> {
  const root = join(cache, "root");
  if (existsSync(join(root, "usr/sbin/mariadbd"))) return root;
  const making = await scratch(cache, "root-");
  const archives = join(making, "archives");
  await mkdir(join(archives, "partial"), { recursive: true });
  const packages = ["mariadb-server-core", "mariadb-client-core"];
  const quiet = ["-qq", "-y", "--no-install-recommends", "--download-only"];
  const own = ["-o", `Dir::Cache::archives=${archives}`, "-o", "Debug::NoLocking=true"];
  await run("apt-get", [...quiet, ...own, "install", ...packages]);
  for (const name of (await readdir(archives)).filter((file) => file.endsWith(".deb")))
    await run("dpkg", ["-x", join(archives, name), join(making, "root")]);
  await settle(join(making, "root"), root);
  await rm(making, { recursive: true, force: true });
  return root;
}

/** A data folder with the system tables, made once as `mariadb-install-db` makes it. */
async function initialised(tree: Omit<MariadbTree, "template">, template: string): Promise<string> {
  if (existsSync(template)) return template;
  const making = await scratch(cache, "data-");
  await mkdir(join(making, "data"));
  await writeFile(join(making, "boot.sql"), await bootSql(tree.share));
  await bootstrap(tree, making);
  await settle(join(making, "data"), template);
  await rm(making, { recursive: true, force: true });
  return template;
}

async function bootSql(share: string): Promise<string> {
  const names = await readdir(share);
  const parts = ["system_tables", "performance_tables", "system_tables_data"];
  const files = parts.flatMap((part) =>
    names.filter((name) => new RegExp(`^m(ariadb|ysql)_${part}\\.sql$`).test(name)),
  );
  const texts = await Promise.all(files.map((name) => readFile(join(share, name), "utf8")));
  const session = [
    ...["create database if not exists mysql;", "use mysql;", "set @auth_root_socket=NULL;"],
    ...["set @skip_auth_anonymous=1;", "set @current_hostname=NULL;"],
  ];
  return [...session, ...texts].join("\n");
}

async function bootstrap(tree: Omit<MariadbTree, "template">, folder: string): Promise<void> {
  const options = [
    ...["--no-defaults", "--bootstrap", "--skip-log-bin", `--datadir=${join(folder, "data")}`],
    ...[`--lc-messages-dir=${tree.share}`, `--character-sets-dir=${join(tree.share, "charsets")}`],
    ...["--innodb-log-file-size=16M", "--innodb-buffer-pool-size=64M", ...serverUser],
  ];
  const boot = spawn(tree.server, [...tree.args, ...options], {
    env: tree.env,
    stdio: ["pipe", "ignore", "pipe"],
  });
  let said = "";
  boot.stderr.on("data", (text: Buffer) => (said += text.toString()));
  boot.stdin.end(await readFile(join(folder, "boot.sql")));
  const [code] = (await once(boot, "exit")) as [number | null];
  if (code !== 0) throw new Error(`mariadbd --bootstrap: exit ${String(code)}\n${said.slice(-2000)}`);
}
