import { expect, test } from "@jest/globals";
import { folderWith, hotsite } from "./support.ts";

const single = `import { application, local, scripted } from "hotsite";
export default application("shop", {
  sites: { east: { role: "primary", cloud: local() } },
  services: [scripted("web", { install: "true" })],
});`;

test("what an application on one site cannot do, and copying what is not there, is a mistake in the command line", async () => {
  await using folder = await folderWith({ "hotsite.config.ts": single });
  const ends = async (...words: readonly string[]) => {
    const { code, stderr } = await hotsite(words, folder.path);
    return `${code} ${stderr}`;
  };
  for (const verb of ["switchover", "failover", "drill"])
    expect(await ends(verb)).toMatch(/^2 .*shop has one site only/s);
  expect(await ends("cp", "no such file", "east/web-1:/tmp/x")).toMatch(/^2 .*no such file does not exist/s);
});
