import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { file } from "../../core/command.ts";
import { Secret } from "../../core/secret.ts";
import { fileChanges } from "../../lifecycle/file-changes.ts";
import { openLocalShell } from "../../remote/local.ts";

const signal = AbortSignal.timeout(30_000);
let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "hotsite-copies-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a node's files are compared in one look that changes nothing, and secrets are not shown", async () => {
  const at = (name: string): string => join(folder, name);
  const have = (name: string, text: string, mode = 0o644) => writeFile(at(name), text, { mode });
  await have("same", "a\n");
  await have("text", "one\npassword=geheim\n");
  await have("mode", "a\n", 0o600);
  await have("secret", "geheim alt\n");
  await have("empty", "");
  const wanted = [
    file(at("same"), "a\n"),
    file(at("text"), "two\npassword=geheim\n"),
    file(at("mode"), "a\n"),
    file(at("secret"), new Secret("geheim neu\n")),
    file(at("empty"), "x\n"),
    file(at("absent"), "x\n"),
  ];
  await using shell = openLocalShell({ node: "here/node" });
  const secrets = [new Secret("geheim")];
  const changes = await fileChanges(() => Promise.resolve(shell), wanted, secrets, signal);
  expect(changes.map(({ change, note }) => note ?? change)).toEqual([
    ...["same", "changed", "other mode or owner", "holds a secret: not shown", "changed", "new"],
  ]);
  expect(changes[1]?.diff).toContain("-one\n+two\n password=[secret]");
  expect(changes[4]?.diff).toContain("@@ -0,0 +1,1 @@\n+x");
  expect(JSON.stringify(changes)).not.toContain("geheim");
  expect(await readdir(folder)).toHaveLength(5);
});

test("a node that cannot be asked is said to be unknown, with the reason", async () => {
  const open = () => Promise.reject(new Error("no route to it\nat all"));
  expect(await fileChanges(open, [file("/x", "")], [], signal)).toEqual([
    { path: "/x", change: "unknown", note: "no route to it" },
  ]);
});
