import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, stat, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { Pki } from "../../lifecycle/pki.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hotsite-pki-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("a node's certificate is signed by the application's authority for its name and address", async () => {
  const pki = await Pki.open(folder, "petclinic");
  const { certificate } = await pki.node("east", "db-1", "10.111.1.11");
  const parsed = new X509Certificate(certificate);
  expect(parsed.verify(new X509Certificate(pki.ca).publicKey)).toBe(true);
  expect(parsed.checkIP("10.111.1.11")).toBe("10.111.1.11");
  expect(parsed.checkHost("db-1.east")).toBe("db-1.east");
});

test("openssl accepts the chain", async () => {
  const pki = await Pki.open(folder, "petclinic");
  const { certificate, ca } = await pki.node("east", "db-1", "10.111.1.11");
  await writeFile(join(folder, "c"), certificate);
  await writeFile(join(folder, "a"), ca);
  const verdict = execFileSync("openssl", [
    "verify",
    "-x509_strict",
    "-CAfile",
    join(folder, "a"),
    join(folder, "c"),
  ]);
  expect(verdict.toString()).toContain("OK");
});

test("opening again gives the same authority and the same certificates", async () => {
  const first = await (await Pki.open(folder, "petclinic")).node("east", "db-1", "10.111.1.11");
  const second = await (await Pki.open(folder, "petclinic")).node("east", "db-1", "10.111.1.11");
  expect(second.certificate).toBe(first.certificate);
  expect(second.ca).toBe(first.ca);
  expect(second.key.reveal()).toBe(first.key.reveal());
});

test("keys are readable by their owner only", async () => {
  await (await Pki.open(folder, "petclinic")).node("east", "db-1", "10.111.1.11");
  for (const name of await readdir(folder)) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
});
