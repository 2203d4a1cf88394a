import { describe, expect, jest, test } from "@jest/globals";
import { folderWith, hotsite } from "./support.ts";

// Each test runs several commands; a busy machine takes its time.
jest.setTimeout(60_000);

const config = `
import { application, defineRecipe, file, local, systemd, tcpOpen } from "hotsite";
import { z } from "zod";
const page = defineRecipe("page", {
  params: z.strictObject({}),
  files: ({ attributes }) => [file("/srv/colour-" + (attributes.service().colour ?? "none"), "")],
  service: systemd("page"),
  ready: tcpOpen(80),
});
export default application("shop", {
  sites: { east: { role: "primary", cloud: local() } },
  services: [page("web", { instances: { initial: 2 } })],
});`;

describe("hotsite attributes", () => {
  test("keeps, prints, lists and forgets, and the next plan knows them", async () => {
    await using folder = await folderWith({ "hotsite.config.ts": config });
    const run = (...argv: string[]) => hotsite(argv, folder.path);
    expect((await run("plan", "--json")).stdout).toContain("/srv/colour-none");
    expect(await run("attributes", "set", "service:web", "colour", "green")).toMatchObject({
      code: 0,
      stdout: "service:web colour is set; `hotsite install` hands it to the recipes\n",
    });
    await run("attributes", "set", "node:east/web-1", "weight", "10");
    await run("attributes", "set", "global", "proxy", "10.0.0.9:3128");
    expect((await run("attributes", "get", "service:web", "colour")).stdout).toBe("green\n");
    expect((await run("attributes", "list")).stdout).toBe(
      [
        "SCOPE                NAME    VALUE",
        "global               proxy   10.0.0.9:3128",
        "node:east/web-1:web  weight  10",
        "service:web          colour  green",
        "",
      ].join("\n"),
    );
    expect((await run("plan", "--json")).stdout).toContain("/srv/colour-green");
    await run("attributes", "remove", "service:web", "colour");
    expect((await run("attributes", "list", "service:web")).stdout).toBe("service:web has no attributes\n");
  });

  test.each<[string[], string]>([
    [
      ["set", "services:web", "a", "b"],
      'attributes do not belong to "services:web"\n  name one: global, application',
    ],
    [["set", "service:wep", "a", "b"], "there is no service wep; did you mean web?"],
    [["set", "node:east/web-3", "a", "b"], "there is no node east/web-3"],
    [["set", "global", "a b", "c"], '"a b" is no name of an attribute'],
    [["get", "global", "nothing"], "there is no attribute of global called nothing"],
  ])("attributes %j is refused with 2", async (words, said) => {
    await using folder = await folderWith({ "hotsite.config.ts": config });
    const { code, stderr } = await hotsite(["attributes", ...words], folder.path);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(said) });
  });
});
