import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { CredentialError } from "../../core/errors.ts";
import { secret } from "../../core/secret.ts";
import type { SshTarget } from "../../core/ssh.ts";
import { byon } from "../../drivers/byon/byon.ts";
import { matching, unplaced } from "../../drivers/byon/choose.ts";
import { machineOf, partsOf } from "../../drivers/byon/claim.ts";
import { ByonDriver } from "../../drivers/byon/driver.ts";
import { hostsOf, type Host } from "../../drivers/byon/hosts.ts";
import { objections, parseLook, type Look } from "../../drivers/byon/look.ts";
import { Memory } from "../../drivers/byon/memory.ts";
import type { PoolOptions } from "../../drivers/byon/options.ts";
import { expandHosts } from "../../drivers/byon/pattern.ts";
import { claimOf } from "./claim.ts";

const signal = AbortSignal.timeout(30_000);
let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "hotsite-byon-"))));
afterEach(async () => rm(folder, { recursive: true }));

describe("a pattern of hosts", () => {
  test.each([
    ["10.0.0.[11-13]", ["10.0.0.11", "10.0.0.12", "10.0.0.13"]],
    ["db[08-10].lan", ["db08.lan", "db09.lan", "db10.lan"]],
    ["rack[a,b]-[1,3-4]", ["racka-1", "racka-3", "racka-4", "rackb-1", "rackb-3", "rackb-4"]],
    ["10.0.0.254-10.0.1.1", ["10.0.0.254", "10.0.0.255", "10.0.1.0", "10.0.1.1"]],
    ["10.0.0.9/30", ["10.0.0.9", "10.0.0.10"]],
    ["10.0.0.8/31", ["10.0.0.8", "10.0.0.9"]],
    ["one, two three", ["one", "two", "three"]],
    ["2001:db8::7", ["2001:db8::7"]],
  ])("%s names its hosts in order", (pattern, hosts) => {
    expect(expandHosts(pattern)).toEqual(hosts);
  });

  test.each([
    "",
    "10.0.0.[13-11]",
    "10.0.0.256",
    "10.0.0.0/8",
    "10.0.0.0/33",
    "db[",
    "db[x-]",
    "-oProxy",
    "a;b",
  ])("%p is refused with what can be written", (pattern) => {
    expect(() => expandHosts(pattern)).toThrow(expect.objectContaining({ code: "bad-hosts" }));
  });

  test("of any range has as many hosts as the range, all different, first and last as written", () => {
    const part = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(part, part, part, (net, a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const hosts = expandHosts(`10.1.${net}.[${from}-${to}]`);
        expect(hosts).toEqual(expandHosts(`10.1.${net}.${from}-10.1.${net}.${to}`));
        expect(new Set(hosts).size).toBe(to - from + 1);
        expect([hosts[0], hosts.at(-1)]).toEqual([`10.1.${net}.${from}`, `10.1.${net}.${to}`]);
      }),
    );
  });

  test("never gives anything that ssh would take for an option or a shell for a command, whatever is written", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from("a0-.[],:/; $`'\n")), maxLength: 20 }),
        (pattern) => {
          try {
            for (const host of expandHosts(pattern)) expect(host).toMatch(/^[A-Za-z0-9:][A-Za-z0-9.:_-]*$/);
          } catch (error) {
            expect(error).toMatchObject({ code: "bad-hosts" });
          }
        },
      ),
    );
  });
});

describe("hosts of a config", () => {
  test("take what they do not set themselves from the pool", () => {
    const [first, second] = hostsOf({
      hosts: ["10.0.0.1", { host: "10.0.0.2", port: 2222, user: "root", key: "other", labels: ["ssd"] }],
      user: "ops",
      key: "pool",
    });
    expect(first).toMatchObject({
      id: "10.0.0.1",
      port: 22,
      user: "ops",
      login: { key: "pool" },
      labels: [],
    });
    expect(second).toMatchObject({
      id: "10.0.0.2:2222",
      user: "root",
      login: { key: "other" },
      labels: ["ssd"],
    });
  });

  test("are told twice when they are named twice", () => {
    expect(() => hostsOf({ hosts: "10.0.0.[1-3],10.0.0.2" })).toThrow("10.0.0.2 is named twice");
  });

  test("with labels are kept for who needs them", () => {
    const hosts = hostsOf({ hosts: [{ host: "fast", labels: ["ssd"] }, "plain"] });
    expect(matching(hosts, []).map(({ id }) => id)).toEqual(["plain", "fast"]);
    expect(matching(hosts, ["ssd"]).map(({ id }) => id)).toEqual(["fast"]);
    const [anywhere, choosy] = [{ labels: [] }, { labels: ["ssd"] }];
    expect(unplaced([anywhere, choosy], hosts)).toEqual([]);
    expect(unplaced([anywhere, choosy, anywhere], hosts)).toEqual([anywhere]);
  });
});

describe("a config", () => {
  const open = (options: unknown): ByonDriver => {
    const openShell = (target: SshTarget) => Promise.reject(new CredentialError(`${target.node}: never`));
    return new ByonDriver(options as PoolOptions, {
      ...{ sites: ["east"], configFolder: folder, stateFolder: folder, openShell },
    });
  };

  test("has all faults of hosts, login and template told at once", async () => {
    const faulty = open({ hosts: [], user: "", sudo: { password: "plain text" }, key: "k", colour: "red" });
    const claim = claimOf("shop", "east", "web-1", { template: { labels: "ssd" } });
    const paths = (await faulty.validate([claim], signal)).map(({ path }) =>
      path.replace("sites.east.cloud.", ""),
    );
    expect(paths.sort()).toEqual(["colour", "hosts", "labels", "sudo.password", "user"]);
    const twice = await open({ hosts: "a,a", key: "k" }).validate([claimOf("shop", "east", "web-1")], signal);
    expect(twice).toMatchObject([{ path: "sites.east.cloud.hosts", problem: "a is named twice" }]);
  });

  test("whose hosts cannot be used is told the reason of each, and nothing is launched", async () => {
    await writeFile(join(folder, "k"), "a key");
    const driver = open({ hosts: "a,b", key: "k" });
    const claim = claimOf("shop", "east", "web-1");
    const faults = await driver.validate([claim], signal);
    expect(faults.map(({ path, problem }) => [path, problem])).toEqual([
      ["sites.east.cloud.hosts", "no host is free for east/web-1"],
      ["sites.east.cloud.hosts.a", "a: never"],
      ["sites.east.cloud.hosts.b", "b: never"],
    ]);
    const launched = driver.launch(claim, signal);
    await expect(launched).rejects.toMatchObject({
      code: "no-capacity",
      message: expect.stringContaining("b: never"),
    });
  });

  test("without key, password and agent says what to set", async () => {
    const socket = process.env["SSH_AUTH_SOCK"];
    delete process.env["SSH_AUTH_SOCK"];
    try {
      const faults = await open({ hosts: "a" }).validate([claimOf("shop", "east", "web-1")], signal);
      expect(faults[1]?.problem).toContain("no key, no password and no SSH agent");
    } finally {
      if (socket !== undefined) process.env["SSH_AUTH_SOCK"] = socket;
    }
  });

  test("keeps secrets out of what is stored of a machine", () => {
    const cloud = byon({ hosts: "a", password: secret.env("PW"), labels: ["ssd"] });
    expect(cloud.template).toEqual({ labels: ["ssd"] });
  });
});

describe("a look at a host", () => {
  const answer = [
    ...["user 0", "arch x86_64", "os debian 12", "time 1000", "freeMb 5000", "systemd yes"],
    ...["listens 1F90", "listens 0016", "listens 0016", "end yes"],
  ];
  const wish = { expose: [8081], minFreeMb: 2048, untestedSystems: false };
  const seen = (...more: string[]): Look => parseLook("a", [...more, ...answer].join("\n"), 1_000_000);

  test("is read from what it says", () => {
    expect(seen()).toMatchObject({
      os: "debian 12",
      clockAheadMs: 0,
      freeMb: 5000,
      listens: [22, 8080],
      ours: [],
    });
    expect(objections(seen(), wish)).toEqual([]);
  });

  test("names everything that keeps it from being used", () => {
    const bad = seen(
      "arch riscv64",
      "os ubuntu 24.04",
      "time 400",
      "freeMb 10",
      "ours /opt/hotsite",
      "quarantine /x",
    );
    const problems = objections(bad, { ...wish, expose: [8080, 9] }).map(({ problem, found }) => [
      problem,
      found,
    ]);
    expect(problems).toEqual([
      ["its processor is not supported", "riscv64"],
      ["its system is not tested", "ubuntu 24.04"],
      ["its clock is wrong", "600 s behind"],
      ["its disk is too full", "10 MiB free on /"],
      ["it was not clean when it was given back", "/x"],
      ["it has files of another installation", "/opt/hotsite"],
      ["ports that are needed are in use", "8080"],
    ]);
  });

  test("that is no host's, or not root's, is refused", () => {
    expect(() => parseLook("a", "Welcome", 0)).toThrow("does not answer as a Linux host does");
    expect(() => parseLook("a", "user 1000\nend yes", 0)).toThrow("do not run as root");
    expect(() => seen("claim {broken")).toThrow("its claim cannot be read");
  });
});

test("a machine's id names host and claim, so that nobody ends the next tenant's", () => {
  const host = hostsOf({ hosts: "10.0.0.1", user: "ops" })[0] as Host;
  const claim = {
    version: 1 as const,
    id: "shop-1.east.web-1.7",
    owner: "shop-1",
    site: "east",
    name: "web-1",
    expose: [80],
  };
  const machine = machineOf(host, claim, { state: "running", sudo: true });
  expect(partsOf(machine.id)).toEqual({ host: "10.0.0.1", claim: claim.id });
  expect(machine).toMatchObject({ address: "10.0.0.1", exposed: { 80: { host: "10.0.0.1", port: 80 } } });
  expect(machine.ssh).toEqual({ host: "10.0.0.1", port: 22, user: "ops", sudo: true });
});

test("what is remembered of a host survives, fact by fact, also when it is written at once", async () => {
  const memory = new Memory(folder);
  await Promise.all([
    memory.change("a:2222", { hostKey: "SHA256:x" }),
    memory.change("a:2222", { poweredOff: true }),
    memory.change("a:2222", { abandoned: ["c"] }),
  ]);
  await memory.change("a:2222", { poweredOff: false });
  expect(await new Memory(folder).of("a:2222")).toEqual({
    hostKey: "SHA256:x",
    poweredOff: false,
    abandoned: ["c"],
  });
});
