// Debian packages that set-up needs on this machine. Uses nothing but node itself, because it runs before node_modules exists.
import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const policy = "/usr/sbin/policy-rc.d";

/** Whether packages can be installed without asking anybody. */
export function canInstall() {
  return process.platform === "linux" && process.getuid() === 0 && isInstalled("apt-get");
}

export function isInstalled(program) {
  return ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin", "/sbin", "/bin"].some((folder) =>
    existsSync(join(folder, program)),
  );
}

/** Installs packages; none of their services starts by itself. */
export function install(...packages) {
  console.error(`setup: installing ${packages.join(", ")} (apt-get)`);
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    apt("update", "-qq");
    apt("install", "-y", "-qq", "--no-install-recommends", ...packages);
  } finally {
    if (ours) rmSync(policy);
  }
}

/** The programs that tests run on this machine itself, by package. */
const testPrograms = {
  haproxy: "haproxy",
  sshd: "openssh-server",
  "ssh-keygen": "openssh-client",
  mariadb: "mariadb-client-core",
  mariadbd: "mariadb-server-core",
  java: "default-jre-headless",
  mvn: "maven",
  openssl: "openssl",
  curl: "curl",
  unzip: "unzip",
  mvn: "maven",
  perl: "perl-base",
};

/** Installs what is missing of them; throws with their names where that cannot be done. */
export function ensureTestPrograms() {
  const missing = Object.entries(testPrograms).filter(([program]) => !isInstalled(program));
  if (missing.length === 0) return;
  const packages = missing.map(([, name]) => name);
  if (!canInstall()) throw new Error(`the tests need ${packages.join(", ")}: install these Debian packages`);
  install(...packages);
}

function apt(...args) {
  const { status, error } = spawnSync("apt-get", ["-o", "DPkg::Lock::Timeout=300", ...args], {
    stdio: ["ignore", 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  if (status !== 0) {
    const why = error?.message ?? `exit ${status}`;
    throw new Error(
      `apt-get ${args[0]} failed (${why}): check the package sources, or install the packages by hand`,
    );
  }
}
