import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Metal } from "../drivers/byon/metal.ts";
import { Scene, type Answer } from "./harness.ts";

const password = "not telling";

/** Three hosts whose sudo asks for a password: one is good for databases, and one is the way to the others. */
describe("an application on hosts that are there already", () => {
  let metal: Metal;
  let scene: Scene;
  let before: readonly string[];
  const hosts = async (): Promise<readonly { state: string; reason?: string; claim?: { name: string } }[]> =>
    (await scene.run("hosts", "list"))["hosts"] as never;

  beforeAll(async () => {
    process.env["OPS_PASSWORD"] = password;
    metal = await Metal.make(3, AbortSignal.timeout(110_000));
    for (const { as } of metal.hosts)
      await as(`echo 'ops:${password}' | chpasswd; echo 'ops ALL=(ALL:ALL) ALL' >/etc/sudoers.d/ops`);
    before = await metal.snapshots();
    scene = await Scene.of("test/e2e/fixtures/byon");
    const [first, second, third] = metal.hosts.map(({ host }) => host);
    const hosts = [first, second, { host: third, labels: ["ssd"] }];
    const jump = { host: first, user: "ops", key: metal.key };
    const room = { hosts, key: metal.key, jump };
    await writeFile(join(scene.folder, "room.json"), JSON.stringify(room));
  }, 120_000);

  afterAll(async () => {
    delete process.env["OPS_PASSWORD"];
    await scene[Symbol.asyncDispose]();
    await metal[Symbol.asyncDispose]();
  }, 60_000);

  test("is installed on those that are fit, by a user who is not root", async () => {
    await scene.run("hosts", "quarantine", metal.hosts[0]?.host ?? "", "makes", "noises");
    await scene.run("validate");
    await scene.run("install");
    expect((await hosts()).map(({ state, claim }) => claim?.name ?? state)).toEqual([
      "quarantined",
      "web-1",
      "db-1",
    ]);
    const answer = await fetch(`http://${metal.hosts[1]?.host}:8080/`, {
      signal: AbortSignal.timeout(10_000),
    });
    expect(await answer.text()).toBe("east/web-1");
    expect(await metal.hosts[2]?.as("systemctl is-active mariadb")).toBe("active");
  }, 400_000);

  test("keeps no password in its state, and none in the hosts' logs", async () => {
    const { stdout } = await scene.attempt(["history"]);
    expect(stdout).not.toContain(password);
    for (const { as } of metal.hosts) expect(await as("journalctl --no-pager -q")).not.toContain(password);
    expect(await filesWith(scene.folder, password)).toEqual([]);
  });

  test("is reached through the jump host by exec, logs, ssh and cp", async () => {
    const [door = "", web] = [metal.hosts[0]?.host, metal.hosts[1]];
    const { instances } = await scene.run("exec", "web", "id -un; ss -Htn sport = :22");
    expect(JSON.stringify(instances)).toContain("root");
    expect(JSON.stringify(instances)).toContain(door);
    expect((await scene.run("logs", "web"))["lines"]).not.toEqual([]);
    // ssh has no terminal here at which sudo could ask.
    await web?.as("echo 'ops ALL=(ALL:ALL) NOPASSWD: ALL' >/etc/sudoers.d/zz-test");
    expect(await scene.on("east/web-1", "id -un; ss -Htn sport = :22")).toMatch(
      new RegExp(`^root\n.*${door}`, "s"),
    );
    await web?.as("rm /etc/sudoers.d/zz-test");
    await writeFile(join(scene.folder, "note"), "over there");
    await scene.run("cp", join(scene.folder, "note"), "east/web-1:/tmp/note");
    await scene.run("cp", "east/web-1:/tmp/note", join(scene.folder, "back"));
    expect(await readFile(join(scene.folder, "back"), "utf8")).toBe("over there");
    await web?.as("rm /tmp/note");
  }, 60_000);

  test("is trusted again with one command after a host got another host key", async () => {
    const host = metal.hosts[1]?.host ?? "";
    await metal.hosts[1]?.as(
      "rm /etc/ssh/ssh_host_ed25519_key* && ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key && systemctl restart ssh",
    );
    const refused = await scene.attempt(["exec", "web", "true"]);
    expect(refused.code).not.toBe(0);
    expect(refused.stdout).toContain("the host key changed");
    expect((await scene.attempt(["cp", "east/web-1:/etc/hostname", scene.folder])).stdout).toContain(
      "If the machine was reinstalled: hotsite trust east/web-1.",
    );
    const { nodes } = JSON.parse((await scene.attempt(["doctor", "web"])).stdout) as Answer;
    expect(JSON.stringify(nodes)).toContain(`hotsite trust ${host}`);
    expect(await scene.run("trust", "east/web-1")).toMatchObject({
      forgotten: expect.stringMatching(/^SHA256:/),
    });
    await scene.run("exec", "web", "true");
    expect(await scene.run("hosts", "probe", host)).toMatchObject({ state: "claimed" });
    expect(await scene.run("trust", host)).toMatchObject({ forgotten: expect.stringMatching(/^SHA256:/) });
  }, 60_000);

  test("has a doctor who tells a wrong password, on nodes and on hosts", async () => {
    const { code, stdout } = await scene.attempt(["doctor", "web"], { OPS_PASSWORD: "wrong" });
    expect([code, stdout]).toEqual([1, expect.stringContaining("cannot become root with sudo: ")]);
    for (const target of ["web", metal.hosts[1]?.host ?? ""]) await scene.run("doctor", target);
  }, 60_000);

  test("is removed, and its database stays on its host, which nobody gets by chance", async () => {
    const database = metal.hosts[2];
    await database?.as(
      "mariadb -e 'CREATE TABLE shop.kept (id INT PRIMARY KEY); INSERT INTO shop.kept VALUES (7)'",
    );
    const { kept } = await scene.run("uninstall", "--yes");
    expect(kept).toEqual([expect.objectContaining({ node: "east/db-1", path: "/var/lib/mysql" })]);
    expect((await hosts()).map(({ state }) => state)).toEqual(["quarantined", "free", "quarantined"]);
    expect((await hosts())[2]?.reason).toContain("/var/lib/mysql");
    await scene.run("hosts", "release", database?.host ?? "");
    await scene.run("install");
    expect(await database?.as("mariadb -N -e 'SELECT id FROM shop.kept'")).toBe("7");
  }, 400_000);

  test("is removed with its data, and every host is as it was", async () => {
    await scene.run("uninstall", "--yes", "--delete-data");
    expect(await metal.traces()).toEqual([]);
    expect((await hosts()).map(({ state, reason }) => reason ?? state)).toEqual([
      "makes noises",
      "free",
      "free",
    ]);
    expect(await metal.snapshots()).toEqual(before);
  }, 200_000);
});

/** Files below a folder that hold a text, whatever else they hold. */
async function filesWith(folder: string, text: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const held = await Promise.all(paths.map(async (path) => (await readFile(path)).includes(text)));
  return paths.filter((_, index) => held[index]);
}
