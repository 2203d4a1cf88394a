import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { HotsiteError, messageOf } from "../../core/errors.ts";

/** Fixed, so that the same config fetches in the same way everywhere. */
const PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1";

/** Maven's own way to write which file is meant: group, artifact, version, then type and classifier. */
export const MAVEN_COORDINATES = /^[\w.-]+:[\w.-]+:[\w.-]+(:[\w.-]+(:[\w.-]+)?)?$/;

/** Whether the same coordinates may mean another file tomorrow. */
export function isSnapshot(coordinates: string): boolean {
  return coordinates.split(":")[2]?.endsWith("-SNAPSHOT") === true;
}

/** Puts one artifact into a folder. */
export async function fetchFromMaven(coordinates: string, folder: string): Promise<void> {
  const values = [`-Dartifact=${coordinates}`, `-DoutputDirectory=${folder}`, "-Dmdep.useBaseVersion=true"];
  // In a folder without a pom.xml: that of some project would have its say.
  await maven(coordinates, ["-U", `${PLUGIN}:copy`, ...values], folder);
}

/** Puts everything into `into` that runs with the project whose pom.xml is in `project`. */
export async function fetchDependencies(what: string, project: string, into: string): Promise<void> {
  const values = ["-DincludeScope=runtime", `-DoutputDirectory=${into}`];
  await maven(what, [`${PLUGIN}:copy-dependencies`, ...values], project);
}

/** Runs the Maven of this machine: its settings name the repositories, mirrors and credentials. */
async function maven(what: string, args: readonly string[], folder: string): Promise<void> {
  const run = promisify(execFile)("mvn", ["--batch-mode", "--quiet", ...args], { cwd: folder });
  await run.catch((cause: unknown) => {
    throw new HotsiteError("fetch-failed", `cannot fetch ${what}: ${reasonOf(cause)}`, {
      cause,
      hint: isMissing(cause)
        ? "install Maven (Debian: apt-get install maven), or give a file or a URL instead"
        : "check the coordinates and the repositories in ~/.m2/settings.xml",
    });
  });
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ENOENT";
}

/** The first error that Maven tells, without the credentials that a repository's URL may hold. */
function reasonOf(cause: unknown): string {
  if (isMissing(cause)) return "there is no mvn on this machine";
  const told = cause instanceof Error && "stdout" in cause ? String(cause.stdout) : "";
  const line = told.split("\n").find((text) => text.startsWith("[ERROR]")) ?? messageOf(cause);
  return line.replace("[ERROR] ", "").replaceAll(/:\/\/[^/@\s]*@/g, "://");
}
