import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const cache = join(process.env["HOTSITE_CACHE"] ?? join(homedir(), ".cache", "hotsite"), "kafka");
const pom = fileURLToPath(new URL("kafka/pom.xml", import.meta.url));

/** The class path of a broker of this version, fetched once through this machine's Maven settings. */
export async function kafkaClassPath(version: string): Promise<string> {
  const place = join(cache, version);
  if (!existsSync(place)) await fetchJars(version, place);
  const jars = (await readdir(place)).filter((name) => name.endsWith(".jar"));
  return jars
    .sort()
    .map((name) => join(place, name))
    .join(":");
}

async function fetchJars(version: string, place: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const making = await mkdtemp(join(cache, ".jars-"));
  try {
    await copyFile(pom, join(making, "pom.xml"));
    const goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
    const options = [
      `-Dkafka.version=${version}`,
      "-DincludeScope=runtime",
      `-DoutputDirectory=${making}/jars`,
    ];
    await run("mvn", ["-B", "-ntp", "-q", goal, ...options], { cwd: making, timeout: 240_000 });
    // Another test process may have been quicker.
    await rename(join(making, "jars"), place).catch((error: unknown) => {
      if (!existsSync(place)) throw error;
    });
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}
