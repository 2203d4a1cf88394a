import { afterAll, beforeEach } from "@jest/globals";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../../store/lmdb.ts";
import { describeStore } from "./contract.ts";

const folders: string[] = [];

beforeEach(async () => {
  folders.push(await mkdtemp(join(tmpdir(), "hotsite-store-")));
});

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

describeStore("LMDB", () => openStore(folders.at(-1) ?? ""));
