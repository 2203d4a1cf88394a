import { describe, expect, test } from "@jest/globals";
import { runTranslation, standsAlone } from "../../cli/translation.ts";

describe("a translation stands alone", () => {
  test.each([
    ["that imports nothing", "exports.default = 1;"],
    [
      "that imports this command's own modules",
      'const a = await jitiImport("hotsite"), b = await jitiImport("zod");',
    ],
    ["that imports Node's own modules", 'await jitiImport("node:fs/promises");await jitiImport("path");'],
    ["with names that look alike", "const required = 1, x = y.import;_interopRequireDefault(x);"],
  ])("%s", (_, code) => expect(standsAlone(code)).toBe(true));

  test.each([
    ["that imports a file beside it", 'await jitiImport("./part.ts");'],
    ["that imports a package", 'await jitiImport("hotsite-recipe-redis");'],
    ["that imports what it computes", "await jitiImport(name);"],
    ["that hands its importer on", "const load = jitiImport;"],
    ["that requires", 'const fs = require("node:fs");'],
    ["that asks where a module is", 'jitiESMResolve("x");'],
  ])("never one %s", (_, code) => expect(standsAlone(code)).toBe(false));
});

test("a translation runs with what it imports, and knows where it is", async () => {
  const code =
    '"use strict";const a = await jitiImport("zod");\nexports.default = [a, __filename, __dirname];';
  const exports = await runTranslation("/x/hotsite.config.ts", code, (name) =>
    Promise.resolve(`own ${name}`),
  );
  expect(exports).toEqual({ default: ["own zod", "/x/hotsite.config.ts", "/x"] });
});
