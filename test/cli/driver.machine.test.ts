import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { builtHotsite, hotsiteProcess } from "./process.ts";
import { folderWith } from "./support.ts";

test("a new driver's package keeps its promises as it was written, and one that breaks one is told so", async () => {
  await builtHotsite();
  await using folder = await folderWith({});
  const made = await hotsiteProcess(["driver", "new", "paper", "."], folder.path);
  expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining("next: hotsite driver test") });
  const tried = ["driver", "test", "--only", "launched machine runs"];
  const { code, stdout, stderr } = await hotsiteProcess(tried, folder.path);
  expect(stderr).toContain("✔ a launched machine runs, lets in whom it should, and says whose it is");
  expect({ code, stdout }).toEqual({ code: 0, stdout: "PASSED  paper: 1 of 1 cases\n" });

  const driver = await readFile(join(folder.path, "driver.ts"), "utf8");
  await folder.write(
    "driver.ts",
    driver.replace("return this.#inner.validate(claims, signal);", "return Promise.resolve([]);"),
  );
  const broken = await hotsiteProcess(["driver", "test", "--only", "all faults", "--json"], folder.path);
  expect(broken.code).toBe(1);
  expect(JSON.parse(broken.stdout)).toMatchObject({ ok: false, failed: 1, cases: [{ result: "failed" }] });
}, 240_000);
