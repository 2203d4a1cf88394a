import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { zipOf } from "../recipes/zip.ts";
import { Scene } from "./harness.ts";
import { statusOf, untilStatus, writableIn } from "./two-sites.ts";

/** It creates its table when it starts, so the standby runs no copy of it: the web tier is started when the site becomes primary. */
describe("a .war that was built elsewhere, with its own schema and its own settings, on two sites with MySQL 9.7", () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await Scene.of("test/e2e/fixtures/guestbook");
    await scene.edit('mysql("db", {', 'mysql("db", { flavour: "mysql",');
    await writeFile(join(scene.folder, "guestbook.war"), zipOf(await filesOf(join(scene.folder, "war"))));
  });

  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
  }, 60_000);

  test("is installed by a config that says where its settings are", async () => {
    await scene.run("install");
    await expectEntries("the guestbook");
  }, 400_000);

  test("writes by data source, system property and environment, and the standby gets it", async () => {
    await enter("Ünal & Søn");
    await expectEntries("the guestbook; Ünal & Søn");
    await expectServed("east");
  }, 120_000);

  test("survives the loss of its primary site in a drill, is started in the other one, and the lost site follows", async () => {
    expect(await isServing("west")).toBe(false);
    expect(await scene.run("drill", "--live", "site-power-off", "--yes")).toMatchObject({ ok: true });
    await enter("from the west");
    await expectServed("west");
    expect(await isServing("east")).toBe(false);
  }, 300_000);

  test("has its primary moved back, and finds what was written", async () => {
    await scene.run("switchover");
    await expectEntries("the guestbook; Ünal & Søn; from the west");
    await expectServed("east");
    expect(await isServing("west")).toBe(false);
  }, 200_000);

  test("is removed with all that it had", async () => {
    await scene.run("uninstall", "--yes");
    expect(await scene.left()).toEqual([]);
  }, 120_000);

  async function enter(author: string): Promise<void> {
    const { url } = await statusOf(scene);
    const body = new URLSearchParams({ author });
    const response = await fetch(new URL("/book/entries", url), { method: "POST", body, signal: within() });
    expect({ status: response.status, body: await response.text() }).toMatchObject({ status: 200 });
  }

  /** Nobody but this site may write, and both hold the same. */
  async function expectServed(site: string): Promise<void> {
    const seen = await untilStatus(scene, ({ state }) => state.name === "PROTECTED");
    expect({ active: seen.facts.activeSite, writable: writableIn(seen) }).toEqual({
      active: site,
      writable: [site],
    });
    expect(await scene.run("replication", "verify")).toMatchObject({ equal: true });
  }

  async function expectEntries(authors: string): Promise<void> {
    const { url } = await statusOf(scene);
    const response = await fetch(new URL("/book/entries", url), { signal: within() });
    expect((await response.text()).trim().split(/\r?\n/)).toEqual(
      ["name", "property", "environment"].map(
        (way) => `${way}: guestbook | Grüß Gott,Hoş geldiniz | ${authors}`,
      ),
    );
  }

  async function isServing(site: string): Promise<boolean> {
    const { code } = await scene.attempt([
      "ssh",
      `${site}/book-1`,
      "--",
      "systemctl",
      "is-active",
      "tomcat10",
    ]);
    return code === 0;
  }
});

/** The files of a folder by their path in it. */
async function filesOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const texts = files.map(
    async (path) => [path.slice(folder.length + 1), await readFile(path, "utf8")] as const,
  );
  return Object.fromEntries(await Promise.all(texts));
}

function within(): AbortSignal {
  return AbortSignal.timeout(30_000);
}
