import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { HotsiteError, messageOf } from "../../core/errors.ts";

const run = promisify(execFile);

/** What came of a download. */
export interface Download {
  /** Of the first package, without Debian's own additions: `9.7.4`. */
  readonly version: string;
}

/** Needed by the installation of packages, not by the programs in them. */
const NOT_FOR_RUNNING =
  /^(perl|libperl|libc-bin|libdb5|libgdbm|debconf|dpkg|tar|systemd|passwd|adduser|bash)/;
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
const DEFAULT_MIRROR = "http://deb.debian.org/debian";

/** Unpacks packages of a suite and everything that they depend on into `folder/root`. Nothing is installed, and the machine's own lists stay as they are. */
export async function downloadPackages(
  suite: string,
  packages: readonly string[],
  folder: string,
): Promise<Download> {
  const apt = join(folder, "apt");
  const archives = join(apt, "cache/archives");
  await mkdir(join(apt, "lists/partial"), { recursive: true });
  await mkdir(join(archives, "partial"), { recursive: true });
  await writeFile(join(apt, "sources.list"), `deb [signed-by=${KEYRING}] ${await mirror()} ${suite} main\n`);
  // Nothing counts as installed, so that everything comes, down to libc.
  await writeFile(join(apt, "status"), "");
  await writeFile(join(apt, "apt.conf"), settings(apt));
  const env = { ...process.env, APT_CONFIG: join(apt, "apt.conf"), LC_ALL: "C" };
  try {
    await run("apt-get", ["-qq", "update"], { env });
    await run("apt-get", ["-qq", "-y", "--download-only", "install", ...packages], { env });
    const files = (await readdir(archives)).filter((name) => name.endsWith(".deb"));
    for (const name of files.filter((file) => !NOT_FOR_RUNNING.test(file)))
      await run("dpkg", ["-x", join(archives, name), join(folder, "root")]);
    return { version: versionIn(files, packages[0] ?? "") };
  } catch (cause) {
    throw new HotsiteError(
      "fetch-failed",
      `cannot fetch ${packages.join(", ")} of Debian ${suite}: ${reasonOf(cause)}`,
      {
        cause,
        hint: "it needs apt on this machine (Debian or Ubuntu, with debian-archive-keyring) and its package mirror; or give an archive as source",
      },
    );
  }
}

/** The Debian mirror that this machine uses itself. */
async function mirror(): Promise<string> {
  const folder = "/etc/apt/sources.list.d";
  const names = await readdir(folder).catch(() => []);
  const paths = [...names.map((name) => join(folder, name)), "/etc/apt/sources.list"];
  const texts = await Promise.all(paths.map((path) => readFile(path, "utf8").catch(() => "")));
  const found = texts.join("\n").matchAll(/^(?:URIs:|deb\b.*?)\s*(https?:\/\/\S+\/debian\/?)(?=\s|$)/gm);
  return [...found][0]?.[1] ?? DEFAULT_MIRROR;
}

function settings(apt: string): string {
  return `Dir::State "${apt}"; Dir::State::status "${apt}/status"; Dir::State::lists "${apt}/lists";
Dir::Cache "${apt}/cache"; Dir::Etc::sourcelist "${apt}/sources.list"; Dir::Etc::sourceparts "/dev/null";
Acquire::Languages "none"; Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::Retries "2"; APT::Sandbox::User "root"; APT::Install-Recommends "false"; APT::Architecture "amd64";
`;
}

/** File names are `<package>_<version>_<architecture>.deb`, the version with an epoch and a revision. */
function versionIn(files: readonly string[], name: string): string {
  const file = files.find((one) => one.startsWith(`${name}_`)) ?? "";
  const version = decodeURIComponent(file.split("_")[1] ?? "").replace(/^\d+:/, "");
  return /^[\d.]*\d/.exec(version)?.[0] ?? "unknown";
}

function reasonOf(cause: unknown): string {
  const said = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : "";
  return said.split("\n").find((line) => line.startsWith("E: ")) ?? messageOf(cause);
}
