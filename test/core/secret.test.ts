import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { besideConfig, keptSecret, resolveSecret, Secret, secret } from "../../core/secret.ts";

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

  test("a program is asked once, without a shell, however often its answer is needed", async () => {
    const count = join(folder, "asked");
    const source = secret.command("sh", "-c", `echo x >>'${count}'; echo "$0"`, "pa $HOME ss");
    const values = await Promise.all([1, 2].map(() => resolveSecret(source, "db.password", folder)));
    expect(values.map((value) => value.reveal())).toEqual(["pa $HOME ss", "pa $HOME ss"]);
    expect(await readFile(count, "utf8")).toBe("x\n");
  });

  test.each([
    [["sh", "-c", "echo hunter2; echo hunter2 >&2; exit 3"], "db.password: sh failed with exit 3"],
    [["no-such-program", "hunter2"], "db.password: no-such-program is not a program that can be found"],
    [["true"], "db.password: true printed nothing"],
  ])("a program that fails is named, and not what it said: %p", async ([program = "", ...args], message) => {
    const failure: unknown = await resolveSecret(
      secret.command(program, ...args),
      "db.password",
      folder,
    ).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "secret-missing", message });
    expect(inspect(failure)).not.toContain("hunter2");
  });

  test("a relative path of a file starts at the config's folder", () => {
    expect(besideConfig(secret.file("keys/a"), "/srv/shop")).toEqual(secret.file("/srv/shop/keys/a"));
    for (const source of [secret.file("/keys/a"), secret.file("~/keys/a"), secret.env("KEY")])
      expect(besideConfig(source, "/srv/shop")).toEqual(source);
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
