import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { builtHotsite, startHotsite } from "../cli/process.ts";
import { missingLine, shownCommands } from "../e2e/shown-commands.ts";
import { startLinkRig, type LinkRig } from "./two-servers.ts";

const run = promisify(execFile);

jest.setTimeout(180_000);
beforeAll(builtHotsite);

const seed = [
  "CREATE DATABASE shop",
  "USE shop",
  "CREATE TABLE shop.item (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(50))",
  "INSERT INTO shop.item (name) SELECT CONCAT('item ', seq) FROM seq_1_to_2000",
];

describe("hotsite replicate", () => {
  let rig: LinkRig;

  beforeAll(async () => {
    rig = await startLinkRig({ source: ["shop", "crm"], target: ["shop", "shop_copy", "crm"] });
  });
  afterAll(async () => rig[Symbol.asyncDispose]());
  beforeEach(async () => {
    await rig.begin(["SET GLOBAL binlog_row_image = FULL", "SET GLOBAL binlog_row_metadata = FULL", ...seed]);
    await rig.declare('databases: ["shop"],');
  });

  const insert = (name: string) => rig.source.query(`INSERT INTO shop.item (name) VALUES ('${name}')`);

  test("copies, follows, ends at Ctrl-C, and goes on where it was, also after SIGKILL", async () => {
    const first = rig.start("replicate", "--config", "link.ts");
    await first.said("streaming");
    await insert("while it runs");
    await rig.equal("shop.item");
    first.kill("SIGINT");
    expect(await first.ended).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/everything up to 1-11-\d+; run it again/),
    });

    await insert("while it is away");
    const second = rig.start("replicate");
    await rig.equal("shop.item");
    second.kill("SIGKILL");
    await second.ended;
    await insert("after a kill");
    await rig.source.query("ALTER TABLE shop.item ADD COLUMN price DECIMAL(8,2)");
    const third = rig.start("replicate", "--json");
    await insert("the last");
    await rig.equal("shop.item");
    third.kill("SIGTERM");
    const { code, stdout } = await third.ended;
    expect(code).toBe(0);
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { event: string });
    expect(lines[0]).toMatchObject({ event: "status", stream: "shop/1" });
    expect(lines.at(-1)).toMatchObject({ ok: true, event: "end", why: "interrupted" });
  });

  test("the page's five minutes: its file and its commands, and what it shows of them", async () => {
    const page = await readFile(new URL("../../docs/replicate.md", import.meta.url), "utf8");
    const five = page.slice(page.indexOf("## In five minutes"), page.indexOf("## From a program"));
    const [, file = ""] = /^```ts\n([\s\S]*?)^```/m.exec(page) ?? [];
    await rig.source.query("CREATE DATABASE crm", "CREATE TABLE crm.customer (id INT PRIMARY KEY)");
    await rig.declareAs(file);
    for (const { line, shown } of shownCommands(five)) {
      const { code, stdout, stderr } = await rig.hotsite(...line.split(" ").slice(1));
      expect({ line, code, stderr, missing: missingLine(stdout, shown) }).toMatchObject({
        line,
        code: 0,
        missing: undefined,
      });
    }
    expect(shownCommands(five).length).toBeGreaterThan(3);
    await rig.equal("shop.item");
  });

  test("replication verify compares both ends while the link runs: exit code 1 with the keys that differ", async () => {
    const running = rig.start("replicate");
    await running.said("streaming");
    await rig.equal("shop.item");
    const equal = await rig.hotsite("replication", "verify", "--json");
    expect(equal.code).toBe(0);
    expect(JSON.parse(equal.stdout)).toMatchObject({
      equal: true,
      tables: [{ table: "shop.item", sourceRows: 2000, targetRows: 2000, differing: 0 }],
    });
    await rig.target.query("DELETE FROM shop.item WHERE id = 4");
    const { code, stdout } = await rig.hotsite("replication", "verify", "--table", "shop.item");
    expect({ code, stdout }).toMatchObject({ code: 1, stdout: expect.stringContaining("shop.item: (4)") });
    const unknown = await rig.hotsite("replication", "verify", "--table", "shop.order");
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("shop.order") });
  });

  test("a part of a database travels under another name, and what it was begun with stays", async () => {
    await rig.source.query(
      "CREATE TABLE shop.session (id INT PRIMARY KEY, token TEXT)",
      "INSERT INTO shop.session VALUES (1, 'secret')",
      "ALTER TABLE shop.item ADD COLUMN cost INT DEFAULT 4, ADD INDEX (cost)",
      "CREATE VIEW shop.names AS SELECT name FROM shop.item",
    );
    const part =
      'databases: { shop: "shop_copy" }, tables: { exclude: ["shop.session"] }, columns: { exclude: ["shop.item.cost"] },';
    await rig.declare(part);
    expect(await rig.hotsite("replicate", "--check")).toMatchObject({ code: 0 });
    const running = rig.start("replicate");
    await running.said("streaming");
    await rig.source.query(
      "ALTER TABLE shop.item ADD COLUMN price DECIMAL(8,2) DEFAULT 1.5",
      "INSERT INTO shop.item (name, cost, price) VALUES ('new', 3, 2.5)",
      "UPDATE shop.item SET cost = 9",
      "UPDATE shop.session SET token = 'changed'",
    );
    await rig.targetHas("shop_copy.item", "name = 'new' AND price = 2.5");
    const verified = await rig.hotsite("replication", "verify", "--json");
    expect(JSON.parse(verified.stdout)).toMatchObject({
      equal: true,
      tables: [{ table: "shop.item", sourceRows: 2001, targetRows: 2001 }],
    });
    await rig.target.query("DELETE FROM shop_copy.item WHERE id = 7");
    expect(await rig.hotsite("replication", "verify", "--repair")).toMatchObject({ code: 0 });
    expect(await rig.target.query("SELECT COUNT(*) AS n FROM shop_copy.names")).toEqual([{ n: 2001 }]);
    const names = await rig.target.query("SHOW FULL TABLES IN shop_copy");
    expect(names.map((row) => Object.values(row)[0])).toEqual(["item", "names"]);
    running.kill("SIGINT");
    await running.ended;

    const other = part.replace("shop.session", "shop.nothing_*");
    await rig.declare(other);
    const refused = await rig.hotsite("replicate", "--until-caught-up");
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("hotsite replication reseed") });
    await rm(join(rig.folder, ".hotsite"), { recursive: true });
    const stillRefused = await rig.hotsite("replicate", "--until-caught-up");
    expect(stillRefused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("shop/1 was begun with other"),
    });
    await rig.target.query("CREATE DATABASE shop", "CREATE TABLE shop.own (id INT PRIMARY KEY)");
    await rig.declare('databases: ["shop"],');
    expect(await rig.hotsite("replication", "reseed", "--yes")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("database shop: it is there already"),
    });
    await rig.declare(other);
    expect(await rig.hotsite("replication", "reseed", "--yes")).toMatchObject({ code: 0 });
    expect(await rig.hotsite("replicate", "--until-caught-up")).toMatchObject({ code: 0 });
    await rig.equal("shop.session", "shop_copy");
  });

  test("what needs something that stays behind, and names of nothing, are faults before it begins", async () => {
    await rig.source.query(
      "CREATE TABLE shop.session (id INT PRIMARY KEY, item INT)",
      "CREATE TABLE shop.visit (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES shop.session (id))",
      "CREATE VIEW shop.active AS SELECT id FROM shop.session",
      "CREATE PROCEDURE shop.clean() DELETE FROM shop.session",
    );
    await rig.declare(
      'databases: ["shop"], tables: { exclude: ["shop.session", "shop.sesion"] }, columns: { exclude: ["shop.item.id"] },',
    );
    const { code, stderr } = await rig.hotsite("replicate", "--check");
    expect(code).toBe(1);
    expect(stderr).toContain("shop.sesion: there is nothing of this name");
    expect(stderr).toContain("table shop.item: the primary key has a column that stays behind");
    for (const what of ["table shop.visit", "view shop.active", "procedure shop.clean"])
      expect(stderr).toContain(`source: ${what}: it needs shop.session, which is left out`);
    expect(stderr).toContain("tables.exclude");
    expect(stderr).toContain("programs.exclude");
  });

  test("replication verify --repair makes rows equal while the link runs, and again after it was killed at its commit", async () => {
    const running = rig.start("replicate");
    await running.said("streaming");
    await rig.equal("shop.item");
    await rig.target.query("DELETE FROM shop.item WHERE id = 4");
    const planned = await rig.hotsite("replication", "verify", "--repair", "--dry-run");
    expect(planned).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("would insert 1, delete 0, set 0"),
    });
    const repair = ["replication", "verify", "--repair", "--json"];
    for (const place of ["before-repair-commit", "after-repair-commit"]) {
      const killed = startHotsite(repair, rig.folder, { HOTSITE_FAILPOINT: place });
      expect((await killed.ended).code).not.toBe(0);
      const [kept] = await rig.target.query("SELECT COUNT(*) AS n FROM hotsite.repaired");
      const [row] = await rig.target.query("SELECT COUNT(*) AS n FROM shop.item WHERE id = 4");
      const n = place === "after-repair-commit" ? 1 : 0;
      expect([Number(kept?.["n"]), Number(row?.["n"])]).toEqual([n, n]);
    }
    const again = await rig.hotsite(...repair, "--metrics-file", "found.prom");
    expect({ code: again.code, ...JSON.parse(again.stdout) }).toMatchObject({ code: 0, equal: true });
    const [row] = await rig.target.query("SELECT what, row_key FROM hotsite.repaired");
    expect(row).toEqual({ what: "inserted", row_key: "(4)" });
    expect(await readFile(join(rig.folder, "found.prom"), "utf8")).toContain(
      'hotsite_verify_differing_rows{link="shop"} 0\n',
    );
    await rig.equal("shop.item");
  });

  test("a migration ends by itself when the target has everything", async () => {
    const { code, stdout } = await rig.hotsite("replicate", "--until-caught-up", "--json");
    expect(code).toBe(0);
    const { applied } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as { applied: string };
    expect(applied).toMatch(/^1-11-\d+$/);
    await rig.equal("shop.item");
  });

  test("a program of one's own runs a link in its own process, and goes on where it was", async () => {
    const env = {
      ...{ ...process.env, SOURCE_PASSWORD: "secret", TARGET_PASSWORD: "secret" },
      ...{ SOURCE_PORT: String(rig.source.port), TARGET_PORT: String(rig.target.port) },
    };
    const program = fileURLToPath(new URL("../../examples/migration/migrate.mjs", import.meta.url));
    await rig.source.query("CREATE TABLE shop.tmp_1 (id INT PRIMARY KEY)");
    for (const name of ["first", "second"]) {
      await insert(name);
      const { stdout } = await run(process.execPath, [program], { cwd: rig.folder, env, timeout: 120_000 });
      expect(stdout).toMatch(/the target has everything up to 1-11-\d+\n$/);
      await rig.equal("shop.item");
    }
    expect(await rig.target.query("SHOW TABLES IN shop")).toHaveLength(1);
  });

  test("a second one of the same link is refused while the first one runs", async () => {
    const first = rig.start("replicate");
    await first.said("streaming");
    const { code, stderr } = await rig.hotsite("replicate");
    expect({ code, stderr }).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("shop is running already"),
    });
  });

  test("a state folder that was lost costs no second copy: the target knows how far it is", async () => {
    await rig.hotsite("replicate", "--until-caught-up");
    await rm(join(rig.folder, ".hotsite"), { recursive: true });
    await insert("while nothing ran");
    await rig.target.query("CREATE TABLE shop.only_here (id INT PRIMARY KEY)");
    expect((await rig.hotsite("replicate", "--until-caught-up")).code).toBe(0);
    await rig.equal("shop.item");
    expect(await rig.target.query("SHOW TABLES IN shop LIKE 'only_here'")).toHaveLength(1);
  });

  test("a server that follows another link is refused, with what makes it free", async () => {
    await rig.hotsite("replicate", "--until-caught-up");
    await rm(join(rig.folder, ".hotsite"), { recursive: true });
    await rig.target.query("UPDATE hotsite.checkpoint SET stream = 'other/1'", "DROP DATABASE shop");
    const { code, stderr } = await rig.hotsite("replicate", "--check");
    expect(code).toBe(1);
    expect(stderr).toContain("DELETE FROM hotsite.checkpoint WHERE stream = 'other/1'");
  });

  test("two servers that are equal already are only followed", async () => {
    await rig.target.query(...seed);
    await rig.declare('databases: ["shop"], firstCopy: false,');
    const running = rig.start("replicate");
    await running.said("streaming");
    await insert("new");
    await rig.equal("shop.item");
  });

  test("every fault of both ends is told at once, with what mends it and the least privileges; nothing is begun", async () => {
    await rig.source.query(
      "SET GLOBAL binlog_row_image = MINIMAL",
      "SET GLOBAL binlog_row_metadata = MINIMAL",
    );
    await rig.target.query("CREATE DATABASE shop", "CREATE TABLE shop.old (id INT PRIMARY KEY)");
    const { code, stderr } = await rig.hotsite("replicate", "--check");
    expect(code).toBe(1);
    expect(stderr).toContain("source: binlog_row_image");
    expect(stderr).toContain("source: binlog_row_metadata");
    expect(stderr).toContain("target: database shop: it is there already");
    expect(stderr).toContain("GRANT REPLICATION SLAVE");
    expect(await rig.target.query("SHOW DATABASES LIKE 'hotsite'")).toEqual([]);
  });

  test("what does not stand in the way and is good to know is told as well, also as JSON", async () => {
    await rig.source.query("CREATE TABLE shop.keyless (v INT)");
    const { code, stdout } = await rig.hotsite("replicate", "--check");
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining("ADD PRIMARY KEY") });
    const json = await rig.hotsite("replicate", "--check", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({ warnings: [{ path: "source: table shop.keyless" }] });
  });

  test("a dry run says what would be copied and changes nothing", async () => {
    const { code, stdout } = await rig.hotsite("replicate", "--dry-run");
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/first copy of 1 tables, about [\d,]+ rows/),
    });
    expect(await rig.target.query("SHOW DATABASES LIKE 'shop'")).toEqual([]);
  });
});
