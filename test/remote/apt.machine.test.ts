import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { command, script } from "../../core/command.ts";
import type { Shell } from "../../core/shell.ts";
import { waitFor } from "../../core/wait.ts";
import { LocalDriver } from "../../drivers/local/driver.ts";
import { prepareImage } from "../../drivers/local/image.ts";
import { aptInstall, aptPurge } from "../../remote/apt.ts";
import { claimOf, newOwner } from "../drivers/claim.ts";
import { removeAll, shellOn } from "../drivers/lab.ts";

jest.setTimeout(120_000);

describe("Debian packages on a node", () => {
  const signal = AbortSignal.timeout(900_000);
  const owner = newOwner();
  const driver = new LocalDriver();
  let shell: Shell;
  beforeAll(async () => {
    await prepareImage(() => undefined, signal);
    shell = await shellOn(await driver.launch(claimOf(owner, "east", "pkg-1"), signal), signal);
    // The node's own cache has to do.
    await shell.run(script(": >/etc/resolv.conf; ip route del default"), signal);
  }, 900_000);
  afterAll(async () => {
    await shell[Symbol.asyncDispose]();
    await removeAll(driver, owner);
    await driver[Symbol.asyncDispose]();
  });

  const packages = async (): Promise<string> =>
    (
      await shell.run(
        script("dpkg-query -W -f '${Package} ${db:Status-Status}\\n' | grep ' installed$' | sort"),
        signal,
      )
    ).stdout;
  const exists = async (path: string): Promise<boolean> =>
    (await shell.run(command("test", "-e", path), signal, { accept: [0, 1] })).code === 0;

  test("are installed without a network, without starting, and removed again without a trace", async () => {
    const before = await packages();
    await shell.run(aptInstall(["haproxy"]), signal);
    expect(await packages()).toContain("haproxy installed");
    const { stdout } = await shell.run(command("systemctl", "is-active", "haproxy"), signal, {
      accept: [0, 3],
    });
    expect(stdout).toBe("inactive");
    expect(await exists("/usr/sbin/policy-rc.d")).toBe(false);
    await shell.run(aptInstall(["haproxy"]), signal);
    await shell.run(aptPurge(["haproxy"]), signal);
    expect(await packages()).toBe(before);
    await shell.run(aptPurge(["haproxy"]), signal);
  });

  test("that were there before, or that another service wants, stay", async () => {
    await shell.run(aptInstall(["curl", "haproxy"], "one"), signal);
    await shell.run(aptInstall(["haproxy"], "two"), signal);
    await shell.run(aptPurge(["curl", "haproxy"], "one"), signal);
    expect(await packages()).toMatch(/^curl installed$[^]*^haproxy installed$/m);
    await shell.run(aptPurge(["haproxy"], "two"), signal);
    expect(await packages()).not.toContain("haproxy installed");
    expect(await packages()).toContain("curl installed");
  });

  test("keep the node's own policy for starting services", async () => {
    await shell.run(script("printf '#!/bin/sh\\nexit 0\\n' >/usr/sbin/policy-rc.d"), signal);
    await shell.run(aptInstall(["haproxy"]), signal);
    const { stdout } = await shell.run(command("cat", "/usr/sbin/policy-rc.d"), signal);
    expect(stdout).toBe("#!/bin/sh\nexit 0");
    await shell.run(script("rm /usr/sbin/policy-rc.d"), signal);
    await shell.run(aptPurge(["haproxy"]), signal);
  });

  test("whose installation was killed halfway are mended by the next attempt, and still known as new", async () => {
    const before = await packages();
    await installHalfway();
    await shell.run(aptInstall(["mariadb-backup"]), signal);
    expect(await packages()).toContain("mariadb-backup installed");
    await shell.run(aptPurge(["mariadb-backup"]), signal);
    expect(await packages()).toBe(before);
  });

  test("whose installation was killed halfway can be removed at once", async () => {
    const before = await packages();
    await installHalfway();
    await shell.run(aptPurge(["mariadb-backup"]), signal);
    expect(await packages()).toBe(before);
  });

  async function installHalfway(): Promise<void> {
    await shell.run(script(": >/var/log/dpkg.log"), signal);
    const abort = new AbortController();
    const installing = shell.run(aptInstall(["mariadb-backup"]), abort.signal);
    const unpacking = command("grep", "-q", "status half-installed mariadb-backup", "/var/log/dpkg.log");
    const look = async (): Promise<true | undefined> =>
      (await shell.run(unpacking, signal, { accept: [0, 1] })).code === 0 || undefined;
    await waitFor(look, { timeoutMs: 60_000, intervalMs: 20, what: "dpkg" }, signal);
    abort.abort(new Error("enough"));
    await expect(installing).rejects.toThrow("enough");
    expect(await exists("/usr/sbin/policy-rc.d")).toBe(false);
  }

  test("that do not exist are an error that quotes apt, and leave the node as it was", async () => {
    const before = await packages();
    await expect(shell.run(aptInstall(["no-such-package"]), signal)).rejects.toThrow(
      /Unable to locate package no-such-package/,
    );
    expect(await packages()).toBe(before);
    expect(await exists("/usr/sbin/policy-rc.d")).toBe(false);
  });
});
