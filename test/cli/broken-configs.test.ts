import { afterAll, expect, test } from "@jest/globals";
import { readFileSync, writeFileSync } from "node:fs";
import { loadConfig } from "../../cli/config.ts";
import { HotsiteError } from "../../core/errors.ts";
import { failureText } from "../../cli/failure.ts";
import { brokenConfigs } from "./fixtures/broken-configs.ts";
import { brokenSettings } from "./fixtures/broken-settings.ts";
import { folderWith } from "./support.ts";

test.each(brokenConfigs)("$title: everything that is wrong is told at once", async ({ text, faults }) => {
  const [first, ...rest] = (await saidOf(text)).split("\n");
  expect(first).toMatch(
    new RegExp(`^✖ hotsite.config.ts:\\d+: application( ".*")?: ${faults.length} faults?$`),
  );
  expect(rest).toEqual(faults.flatMap((fault) => fault.split("\n")));
});

/** One section for each setting. Written anew with GOLDEN=write, for a person to read before it is committed. */
const golden = new URL("./fixtures/broken-settings.txt", import.meta.url);
const expected = readGolden(readFileSync(golden, "utf8"));
const seen = new Map<string, string>();

test.each(Object.entries(brokenSettings))("%s", async (title, text) => {
  seen.set(title, await saidOf(text));
  if (process.env["GOLDEN"] !== "write") expect(seen.get(title)).toBe(expected.get(title));
});

afterAll(() => {
  if (process.env["GOLDEN"] !== "write") return;
  const sections = [...seen].map(([title, said]) => `# ${title}\n${said}\n`);
  writeFileSync(golden, sections.join("\n"));
});

/** What the command says of a config. */
async function saidOf(text: string): Promise<string> {
  await using folder = await folderWith({ "hotsite.config.ts": text });
  const error: unknown = await loadConfig(undefined, folder.path).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(HotsiteError);
  return failureText(error, { verbose: false }).replaceAll(`${folder.path}/`, "");
}

function readGolden(text: string): ReadonlyMap<string, string> {
  const sections = text.split(/^# /m).slice(1);
  return new Map(
    sections.map((section) => {
      const [title = "", ...said] = section.trimEnd().split("\n");
      return [title, said.join("\n")];
    }),
  );
}
