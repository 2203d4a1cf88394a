import { beforeAll, describe, expect, jest, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Nodes } from "../../lifecycle/nodes.ts";
import { openStore } from "../../store/lmdb.ts";
import { builtHotsite, hotsiteProcess, startHotsite } from "./process.ts";
import { nodeRecord, shopOn } from "./shop.ts";

// Each test starts processes; a busy machine takes its time.
jest.setTimeout(60_000);
beforeAll(builtHotsite);

describe("a run that fails", () => {
  test("is taken back, says so, and ends with 1", async () => {
    await using shop = await shopOn({ launch: { "web-1": "refuse" } });
    const { code, stdout, stderr } = await hotsiteProcess(["install", "--json"], shop.path);
    expect(code).toBe(1);
    expect(stderr).toContain("no machine for web-1");
    expect(stderr).toContain("Nothing is left");
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      exitCode: 1,
      error: { code: "run-unwound", left: [] },
    });
    expect(await shop.machines()).toEqual([]);
    expect((await hotsiteProcess(["history"], shop.path)).stdout).toContain("unwound");
  });

  test("ends with 3 when something is left, names it and the command that goes on", async () => {
    await using shop = await shopOn({ launch: { "web-1": "refuse" }, destroy: { "db-1": "refuse" } });
    const { code, stderr } = await hotsiteProcess(["install"], shop.path);
    expect(code).toBe(3);
    expect(stderr).toContain("Not undone:\n  east/db-1: launch");
    expect(stderr).toContain("hotsite resume");

    const refused = await hotsiteProcess(["uninstall", "--dry-run"], shop.path);
    expect(refused.stdout).toContain("east/db-1: destroy");
    const left = await hotsiteProcess(["resume", "--dry-run"], shop.path);
    expect(left.stdout).toContain("taking back");
    expect(left.stdout).toContain("east/db-1: launch");
    await shop.behave({});
    const resumed = await hotsiteProcess(["resume"], shop.path);
    expect(resumed).toMatchObject({ code: 0, stdout: expect.stringContaining("nothing is left") });
    expect(await shop.machines()).toEqual([]);
  });
});

describe("an interrupted run", () => {
  test("is taken back at the first Ctrl-C and ends with 130; meanwhile another one is refused with 4", async () => {
    await using shop = await shopOn({ launch: { "web-1": "hang" } });
    const running = startHotsite(["install"], shop.path);
    await running.said("hanging");
    const other = await hotsiteProcess(["install"], shop.path);
    expect(other.code).toBe(4);
    expect(other.stderr).toMatch(/held by install by \S+, pid \d+ since/);
    running.kill("SIGINT");
    const { code, stderr } = await running.ended;
    expect(code).toBe(130);
    expect(stderr).toContain("Stopping. Once more stops at once.\nWhat was begun is being taken back");
    expect(await shop.machines()).toEqual([]);
  });

  test("that was killed is continued by the same command", async () => {
    await using shop = await shopOn({ launch: { "web-1": "hang" } });
    const running = startHotsite(["install"], shop.path);
    await running.said("hanging");
    running.kill("SIGKILL");
    await running.ended;
    await shop.behave({ launch: { "web-1": "refuse" } });

    const others = await hotsiteProcess(["plan"], shop.path);
    expect(others.code).toBe(0);
    const { code, stderr } = await hotsiteProcess(["install"], shop.path);
    expect(code).toBe(1);
    expect(stderr).toContain("continuing the install of");
    expect(await shop.machines()).toEqual([]);
  });

  test("that was killed is taken back by abort, or given up by resume --abandon", async () => {
    await using shop = await shopOn({ launch: { "web-1": "hang" } });
    for (const way of [["abort"], ["resume", "--abandon", "--yes"]]) {
      const running = startHotsite(["install"], shop.path);
      await running.said("hanging");
      running.kill("SIGKILL");
      await running.ended;
      expect(await hotsiteProcess(way, shop.path)).toMatchObject({ code: 0 });
    }
    expect((await shop.machines()).length).toBe(1);
    expect(await hotsiteProcess(["uninstall", "--yes"], shop.path)).toMatchObject({ code: 0 });
    expect(await shop.machines()).toEqual([]);
  });
});

describe("abort", () => {
  test("stops the run of another terminal, which takes everything back, and says how it ended", async () => {
    await using shop = await shopOn({ launch: { "web-1": "hang" } });
    const running = startHotsite(["install"], shop.path);
    await running.said("hanging");
    const { code, stdout, stderr } = await hotsiteProcess(["abort"], shop.path);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^stopping install by /) });
    expect(stdout).toMatch(/^install \S+ is taken back; nothing is left\n$/);
    expect(await running.ended).toMatchObject({ code: 130 });
    expect(await shop.machines()).toEqual([]);
  });
});

describe("what destroys", () => {
  test("is refused with 2 where nobody can be asked", async () => {
    await using shop = await shopOn({});
    const { code, stderr } = await hotsiteProcess(["uninstall"], shop.path);
    expect(code).toBe(2);
    expect(stderr).toBe(
      "✖ Destroy every machine of shop, with all data on them? Nobody is there to answer\n  add --yes if that is what you want\n",
    );
  });
});

describe("uninstalling", () => {
  test("needs no secret of what it destroys", async () => {
    await using shop = await shopOn({ launch: { "web-1": "hang" } });
    const running = startHotsite(["install"], shop.path);
    await running.said("hanging");
    running.kill("SIGKILL");
    await running.ended;
    expect(await shop.machines()).toHaveLength(1);
    const config = await readFile(join(shop.path, "hotsite.config.ts"), "utf8");
    await shop.write(
      "hotsite.config.ts",
      config.replace("secret.generated()", 'secret.env("HOTSITE_TEST_NOT_SET")'),
    );
    expect(await hotsiteProcess(["uninstall", "--yes"], shop.path)).toMatchObject({ code: 0 });
    expect(await shop.machines()).toEqual([]);
  });
});

describe("what only looks", () => {
  test.each<[string[], string]>([
    [["validate"], "shop is valid · sites east · services db, web · 2 machines\n"],
    [["nodes"], "shop has no machines yet; `hotsite plan` says what install would launch\n"],
    [["history"], "shop has no history yet\n"],
    [["resume"], "shop has nothing to resume\n"],
    [["abort"], "shop has no run to abort\n"],
    [["status"], "shop  UNPROTECTED\n  nothing is installed; next: hotsite install\n"],
  ])("%p", async (argv, stdout) => {
    await using shop = await shopOn({});
    expect(await hotsiteProcess(argv, shop.path)).toEqual({ code: 0, stdout, stderr: "" });
  });

  test("plan counts first, then lists each machine", async () => {
    await using shop = await shopOn({});
    const { code, stdout } = await hotsiteProcess(["plan"], shop.path);
    expect(code).toBe(0);
    expect(stdout.split("\n").slice(0, 4)).toEqual([
      "shop: 2 machines to launch, 0 to keep",
      "    MACHINE     CLOUD  SERVICES",
      "  + east/db-1   paper  db (mysql)",
      "  + east/web-1  paper  web (tomcat)",
    ]);
  });

  test("no secret is in what plan says or in the log", async () => {
    await using shop = await shopOn({});
    const { stdout } = await hotsiteProcess(["plan", "--verbose"], shop.path);
    const secret = await readFile(join(shop.path, ".hotsite/secrets/db.users.shop.password"), "utf8");
    expect(stdout).toContain("east/db-1");
    expect(stdout).not.toContain(secret);
    expect(await readFile(join(shop.path, ".hotsite/log/hotsite.log"), "utf8")).not.toContain(secret);
  });
});

describe("trust", () => {
  test("forgets the host key of a node that was named, and of no other", async () => {
    await using shop = await shopOn({});
    const keys = async (change?: (nodes: Nodes) => Promise<void>) => {
      await using store = await openStore(join(shop.path, ".hotsite/store"));
      const nodes = new Nodes(store, "shop");
      await change?.(nodes);
      return (await nodes.all()).map(({ hostKey, machine }) => [hostKey, machine?.ssh.hostKey]);
    };
    await keys(async (nodes) => {
      await nodes.put(nodeRecord("db-1"));
      await nodes.put(nodeRecord("web-1"));
    });
    const unknown = await hotsiteProcess(["trust", "east/web-2"], shop.path);
    expect(unknown).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("there is no node east/web-2; did you mean east/web-1?"),
    });
    const { code, stdout } = await hotsiteProcess(["trust", "east/web-1"], shop.path);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout:
        "east/web-1: the host key SHA256:told is forgotten; the next contact pins the one that it shows\n",
    });
    expect(await keys()).toEqual([
      ["SHA256:pinned", "SHA256:told"],
      [undefined, undefined],
    ]);
  });
});
