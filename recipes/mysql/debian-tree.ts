import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { HotsiteError } from "../../core/errors.ts";
import { cached, cacheFolder } from "../cache.ts";
import { LocalPath } from "../local-path.ts";
import { downloadPackages, type Download } from "./debian-packages.ts";
import { packTree, type TreeSpec } from "./tree-pack.ts";

/** A database server out of a Debian suite. */
export interface DebianServer {
  readonly flavour: "mariadb" | "mysql";
  /** `trixie`, `sid`. */
  readonly suite: string;
  /** What the version must start with. */
  readonly version: string | undefined;
}

/** What is taken of each flavour's packages. */
const TREES: Readonly<Record<DebianServer["flavour"], TreeSpec & { readonly packages: readonly string[] }>> =
  {
    mariadb: {
      packages: ["mariadb-server-core", "mariadb-client-core", "mariadb-client"],
      server: "mariadbd",
      programs: ["mariadb", "mariadb-dump", "mariadb-check", "mariadb-upgrade", "mariadb-binlog"],
      share: "usr/share/mariadb",
      plugins: "usr/lib/mysql/plugin",
    },
    mysql: {
      packages: ["mysql-server-core", "mysql-client-core"],
      server: "mysqld",
      programs: ["mysql", "mysqldump", "mysqlbinlog"],
      share: "usr/share/mysql",
      plugins: "usr/lib/mysql/plugin",
    },
  };

/**
 * The server's programs with all libraries that they need, libc included, so that they run on any Linux. Made once on this machine out of
 * Debian's packages, without installing any, and kept: a suite that moves on changes nothing until another version is asked for.
 */
export function debianServer(wanted: DebianServer): LocalPath {
  const { flavour, suite, version = "" } = wanted;
  const name = `Debian ${suite}: ${flavour} ${version}`.trim();
  const folder = cacheFolder("databases", [flavour, suite, version].filter(Boolean).join("-"));
  return new LocalPath(name, () => cached(folder, (into) => fetchTree(wanted, into)));
}

async function fetchTree(wanted: DebianServer, into: string): Promise<void> {
  const { packages, ...spec } = TREES[wanted.flavour];
  // Whatever is in `into` in the end is what is kept: the work is done beside it.
  const work = `${into}.work`;
  await mkdir(work);
  try {
    const download = await downloadPackages(wanted.suite, packages, work);
    refuseOtherVersion(wanted, download);
    const archive = join(into, `${wanted.flavour}-${download.version}.tgz`);
    await packTree(join(work, "root"), spec, archive);
    if ((await readdir(into)).length !== 1) throw new Error(`${archive} was not made`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function refuseOtherVersion({ flavour, suite, version }: DebianServer, download: Download): void {
  if (version === undefined || `${download.version}.`.startsWith(`${version}.`)) return;
  throw new HotsiteError(
    "no-such-version",
    `Debian ${suite} has ${flavour} ${download.version}, not ${version}`,
    {
      hint: `ask for version: "${download.version.split(".").slice(0, 2).join(".")}", or give an archive of ${version} as source`,
    },
  );
}
