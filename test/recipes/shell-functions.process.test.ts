import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { pack } from "../../drivers/local/archive.ts";
import { UNPACK } from "../../recipes/shell-functions.ts";
import { quote } from "../../remote/quote.ts";
import { runIn, shells } from "../remote/shells.ts";

describe.each(shells)("`unpack` in %s", (shell) => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "hotsite-unpack-"));
    await mkdir(join(folder, "archives"));
    for (const name of ["a", "b"]) {
      const archive = gzipSync(await pack([{ path: "held", content: name }]));
      await writeFile(join(folder, "archives", `${name}.tgz`), archive);
    }
  });

  afterEach(() => rm(folder, { recursive: true }));

  const run = (text: string): ReturnType<typeof runIn> =>
    runIn(shell, `set -eu\n${UNPACK}\nfolder=${quote(folder)}\n${text}\n`);

  test("leaves the caller's variables alone, so that one archive comes after the other", () => {
    const each = 'for name in a b a; do unpack "$folder/archives/$name.tgz" "$folder/$name"; done';
    const { code, stdout } = run(`${each}\ncat "$folder/a/held" "$folder/b/held"`);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "ab" });
  });

  test("ends a strict script when there is no such archive", () => {
    const { code, stdout } = run('unpack "$folder/none.tgz" "$folder/none"\necho reached');
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });
});
