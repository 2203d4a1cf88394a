import { beforeAll, describe, expect, jest, test } from "@jest/globals";
import { join } from "node:path";
import { Nodes } from "../../lifecycle/nodes.ts";
import { openStore } from "../../store/lmdb.ts";
import { builtHotsite, hotsiteProcess } from "./process.ts";
import { nodeRecord, shopOn } from "./shop.ts";

jest.setTimeout(60_000);
beforeAll(builtHotsite);

describe("orphans", () => {
  test("a cloud and a store that agree have none, and reaping then does no harm", async () => {
    await using shop = await shopOn({});
    const shown = await hotsiteProcess(["orphans"], shop.path);
    const text = "shop has no orphans: its clouds have what the store knows, and nothing else\n";
    expect(shown).toEqual({ code: 0, stdout: text, stderr: "" });
    const { code, stdout } = await hotsiteProcess(["orphans", "--reap", "--json"], shop.path);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, destroyed: [], forgotten: [] });
  });

  test("a machine without a record and a record without a machine are told and, once confirmed, cleared", async () => {
    await using shop = await shopOn({});
    const { owner } = JSON.parse((await hotsiteProcess(["orphans", "--json"], shop.path)).stdout) as {
      owner: string;
    };
    const known = { ...nodeRecord("db-1").machine, owner };
    const stray = { ...known, id: "paper-stray", claim: "stray", name: "web-9" };
    const foreign = { ...stray, id: "paper-foreign", owner: "somebody-else" };
    await shop.write("machines.json", JSON.stringify([known, stray, foreign]));
    await changeNodes(shop.path, async (nodes) => {
      await nodes.put(nodeRecord("db-1"));
      await nodes.put(nodeRecord("web-1"));
    });

    const { code, stdout } = await hotsiteProcess(["orphans"], shop.path);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split("\n")).toEqual([
      "NODE        CLOUD  MACHINE      STATE    WHY",
      "east/web-9  paper  paper-stray  running  no record names it",
      "east/web-1  –      paper-web-1  gone     no cloud has its machine",
      "next: hotsite orphans --reap",
    ]);
    expect((await hotsiteProcess(["orphans", "--reap"], shop.path)).code).toBe(2);
    expect(await shop.machines()).toHaveLength(3);

    const reaped = await hotsiteProcess(["orphans", "--reap", "--yes"], shop.path);
    expect(reaped).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^1 machines destroyed, 1 nodes forgotten/),
    });
    expect(await shop.machines()).toEqual([known, foreign]);
    const left = await changeNodes(shop.path, () => Promise.resolve());
    expect(left).toEqual(["east/db-1"]);
  });
});

async function changeNodes(folder: string, change: (nodes: Nodes) => Promise<void>): Promise<string[]> {
  await using store = await openStore(join(folder, ".hotsite/store"));
  const nodes = new Nodes(store, "shop");
  await change(nodes);
  return (await nodes.all()).map(({ claim }) => `${claim.site}/${claim.name}`);
}
