import { expect, test } from "@jest/globals";
import { join } from "node:path";
import { loadConfig } from "../../cli/config.ts";
import { HotsiteError } from "../../core/errors.ts";
import { failureText } from "../../cli/failure.ts";
import { brokenConfigs } from "./fixtures/broken-configs.ts";
import { folderWith } from "./support.ts";

test.each(brokenConfigs)("$title: everything that is wrong is told at once", async ({ text, faults }) => {
  await using folder = await folderWith({ "hotsite.config.ts": text });
  const error: unknown = await loadConfig(undefined, folder.path).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(HotsiteError);
  const [first, ...rest] = failureText(error, { verbose: false }).split("\n");
  const subject = `${join(folder.path, "hotsite.config.ts")}:`;
  expect(first).toMatch(new RegExp(`^✖ ${subject}\\d+: application( ".*")?: ${faults.length} faults?$`));
  expect(rest).toEqual(faults.flatMap((fault) => fault.split("\n")));
});
