import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { cached, cacheFolder } from "../../recipes/cache.ts";
import { downloadPackages } from "../../recipes/mysql/debian-packages.ts";
import type { SuiteScript } from "./server-suite.ts";

/** Whose tests they are: any server can be asked to run them, and passes over what it does not understand. */
export type SuiteName = "mariadb" | "mysql";

/** What Debian ships of each: the package, and where its scripts are. */
const packages: Readonly<Record<SuiteName, { suite: string; name: string; scripts: string }>> = {
  mariadb: { suite: "bookworm", name: "mariadb-test-data", scripts: "usr/share/mysql/mysql-test" },
  mysql: { suite: "sid", name: "mysql-testsuite", scripts: "usr/lib/mysql-test" },
};

/** Scripts whose path begins with one of these words, in order: `main/type_`, `suite/gcol`. */
export async function suiteScripts(
  name: SuiteName,
  wanted: readonly string[],
): Promise<readonly SuiteScript[]> {
  const root = await suiteFolder(name);
  const all = await readdir(root, { recursive: true });
  return all
    .filter((path) => path.endsWith(".test") && wanted.some((one) => path.startsWith(one)))
    .sort()
    .map((path) => ({ root, path }));
}

/** Fetched and unpacked once; nothing is installed. */
function suiteFolder(of: SuiteName): Promise<string> {
  const { suite, name, scripts } = packages[of];
  return cached(cacheFolder("suites", `${of}-${suite}`), async (into) => {
    const work = `${into}.work`;
    await mkdir(work);
    try {
      await downloadPackages(suite, [name], work);
      await rename(join(work, "root", scripts), join(into, "scripts"));
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
}
