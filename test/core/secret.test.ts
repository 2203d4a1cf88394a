import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { keptSecret, resolveSecret, Secret, secret } from "../../core/secret.ts";

describe("secrets", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "hotsite-secret-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("a secret prints redacted however it is printed", () => {
    const value = new Secret("hunter2");
    for (const text of [String(value), JSON.stringify({ value }), inspect({ value })]) {
      expect(text).not.toContain("hunter2");
    }
    expect(value.reveal()).toBe("hunter2");
  });

  test("a generated one is kept for its owner alone, and the same each time", async () => {
    const first = await resolveSecret(secret.generated(), "db.users/clinic", folder);
    const second = await resolveSecret(secret.generated(), "db.users/clinic", folder);
    expect(second.reveal()).toBe(first.reveal());
    expect(first.reveal()).toMatch(/^[A-Za-z2-9]{24}$/);
    expect((await stat(join(folder, "db.users.clinic"))).mode & 0o777).toBe(0o600);
  });

  test("racing makers agree on one value and leave nothing else behind", async () => {
    let made = 0;
    const make = (): string => `value ${(made += 1)}`;
    const values = await Promise.all(Array.from({ length: 20 }, () => keptSecret(join(folder, "one"), make)));
    expect(new Set(values.map((value) => value.reveal())).size).toBe(1);
    expect(await readdir(folder)).toEqual(["one"]);
  });

  test("a file's trailing line break does not belong to the secret", async () => {
    await writeFile(join(folder, "password"), "pa ss\n");
    const value = await resolveSecret(secret.file(join(folder, "password")), "db.password", folder);
    expect(value.reveal()).toBe("pa ss");
  });

  test("what is missing is named, with what to do", async () => {
    await expect(resolveSecret(secret.env("NOT_SET_ANYWHERE"), "db.password", folder)).rejects.toMatchObject({
      code: "secret-missing",
      message: expect.stringContaining("NOT_SET_ANYWHERE"),
      hint: expect.stringContaining("export NOT_SET_ANYWHERE="),
    });
    await expect(resolveSecret(secret.file("/no/such/file"), "db.password", folder)).rejects.toMatchObject({
      code: "secret-missing",
    });
  });
});
