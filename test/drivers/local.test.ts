import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { createServer, type AddressInfo, type Server } from "node:net";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { machineOf } from "../../drivers/local/machine.ts";
import { LocalDriver } from "../../drivers/local/driver.ts";
import { newHostKey } from "../../drivers/local/host-key.ts";
import { local } from "../../drivers/local/local.ts";
import { withLock } from "../../drivers/local/lock.ts";
import { label, machineName } from "../../drivers/local/names.ts";
import { freePorts, parsePorts, printPorts } from "../../drivers/local/ports.ts";
import { greets } from "../../drivers/reach.ts";
import { sizeFaults, templateFaults } from "../../drivers/local/template.ts";
import { inTurn } from "../../drivers/turns.ts";
import { fingerprintOf } from "../../remote/host-key.ts";
import { claimOf } from "./claim.ts";

const signal = AbortSignal.timeout(30_000);

describe("a template of the local driver", () => {
  test("may be empty", () => {
    expect(templateFaults("east", local().template)).toEqual([]);
  });

  test("has all its faults told at once, with what is allowed", () => {
    const faults = templateFaults("east", { memory: "2GB", memoryMb: 1.5, cpus: "two" });
    expect(faults).toHaveLength(3);
    expect(faults).toContainEqual({
      path: "sites.east.cloud.memory",
      problem: "is not a setting",
      allowed: "image, memoryMb, cpus, diskGb",
      remedy: "did you mean memoryMb?",
    });
    expect(faults.map(({ path }) => path)).toContain("sites.east.cloud.cpus");
  });

  test("may ask for all that the engine has, and for nothing more", () => {
    const size = { memoryMb: 4096, cpus: 2 };
    expect(sizeFaults("east", { memoryMb: 4096, cpus: 2 }, size)).toEqual([]);
    expect(sizeFaults("east", { memoryMb: 4097, cpus: 2.5 }, size)).toMatchObject([
      { path: "sites.east.cloud.memoryMb", allowed: "up to 4096" },
      { path: "sites.east.cloud.cpus", allowed: "up to 2" },
    ]);
  });
});

describe("without a container engine", () => {
  const { DOCKER_HOST } = process.env;
  afterEach(() => {
    if (DOCKER_HOST === undefined) delete process.env["DOCKER_HOST"];
    else process.env["DOCKER_HOST"] = DOCKER_HOST;
  });

  test("validation says so for each site, beside the faults of the templates", async () => {
    process.env["DOCKER_HOST"] = "unix:///nowhere/docker.sock";
    const claims = [
      claimOf("shop", "east", "a", { template: { size: "big" } }),
      claimOf("shop", "west", "a"),
    ];
    const faults = await new LocalDriver().validate(claims, signal);
    expect(faults.map(({ path }) => path)).toEqual([
      "sites.east.cloud.size",
      "sites.east.cloud",
      "sites.west.cloud",
    ]);
    expect(faults[1]).toMatchObject({
      problem: expect.stringContaining("DOCKER_HOST=unix:///nowhere/docker.sock"),
    });
  });

  test("everything else fails with what to do about it", async () => {
    process.env["DOCKER_HOST"] = "unix:///nowhere/docker.sock";
    const failure = new LocalDriver().list("shop", signal);
    await expect(failure).rejects.toMatchObject({
      code: "no-engine",
      hint: expect.stringContaining("Docker"),
    });
  });

  test("an engine on another computer is refused: its machines would be out of reach", async () => {
    process.env["DOCKER_HOST"] = "tcp://192.0.2.1:2375";
    await expect(new LocalDriver().list("shop", signal)).rejects.toMatchObject({ code: "no-engine" });
  });
});

describe("names of machines", () => {
  test("differ whenever owner, site or name differ, and suit the engine", () => {
    const parts = fc.record({ owner: fc.string(), site: fc.string(), name: fc.string() });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const same = a.owner === b.owner && a.site === b.site && a.name === b.name;
        expect(machineName(a) === machineName(b)).toBe(same);
        expect(machineName(a)).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/);
      }),
    );
  });

  test("stay readable when they can", () => {
    expect(machineName({ owner: "shop-1a2b3c", site: "east", name: "db-1" })).toBe(
      "hotsite-shop-1a2b3c.east.db-1",
    );
  });
});

describe("ports on this computer", () => {
  let server: Server;
  beforeEach(() => void (server = createServer()));
  afterEach(() => void server.close());

  test("are free, different, and not promised to others", async () => {
    const taken = new Set(Array.from({ length: 11_990 }, (_, index) => 20_000 + index));
    const ports = await freePorts([22, 80, 8080], taken);
    expect([...ports.keys()]).toEqual([22, 80, 8080]);
    expect(new Set(ports.values()).size).toBe(3);
    for (const port of ports.values()) expect(taken.has(port)).toBe(false);
  });

  test("run out with an error that says so", async () => {
    const taken = new Set(Array.from({ length: 11_999 }, (_, index) => 20_000 + index));
    await expect(freePorts([22, 80], taken)).rejects.toMatchObject({ code: "no-capacity" });
  });

  test("come back from their label", () => {
    const ports = new Map([
      [22, 20_001],
      [8080, 20_002],
    ]);
    expect(parsePorts(printPorts(ports))).toEqual(ports);
    expect(parsePorts("")).toEqual(new Map());
  });

  test("count as SSH only when an SSH server greets", async () => {
    let greeting = "";
    server.on("connection", (socket) => socket.end(greeting));
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const endpoint = { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
    expect(await greets(endpoint, signal)).toBe(false);
    greeting = "HTTP/1.1 400 Bad Request\r\n";
    expect(await greets(endpoint, signal)).toBe(false);
    greeting = "SSH-2.0-OpenSSH_9.2\r\n";
    expect(await greets(endpoint, signal)).toBe(true);
  });
});

describe("a host key", () => {
  test("has the fingerprint that SSH clients compute", () => {
    const { publicKey, fingerprint, privateKey } = newHostKey();
    expect(fingerprint).toBe(fingerprintOf(Buffer.from(publicKey.split(" ")[1] ?? "", "base64")));
    expect(privateKey).toContain("OPENSSH PRIVATE KEY");
    expect(newHostKey().fingerprint).not.toBe(fingerprint);
  });
});

describe("a container as a machine", () => {
  test("is what its labels say", () => {
    const labels = {
      ...{ [label.claim]: "c1", [label.owner]: "shop", [label.site]: "east", [label.name]: "web-1" },
      ...{
        [label.number]: "7",
        [label.index]: "11",
        [label.ports]: "22:20001,80:20002",
        [label.hostKey]: "SHA256:x",
      },
    };
    expect(machineOf("id", labels, false)).toEqual({
      ...{ id: "id", claim: "c1", owner: "shop", site: "east", name: "web-1", state: "stopped" },
      address: "10.111.7.11",
      ssh: { host: "127.0.0.1", port: 20_001, user: "root", hostKey: "SHA256:x" },
      exposed: { 80: { host: "127.0.0.1", port: 20_002 } },
    });
  });
});

describe("work in turns", () => {
  test("of one key never overlaps and keeps its order, whatever fails; other keys do not wait", async () => {
    const events: string[] = [];
    const work =
      (name: string, fails = false) =>
      async () => {
        events.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        events.push(`${name} ends`);
        if (fails) throw new Error(name);
      };
    const all = [
      inTurn("k", work("1", true), signal),
      inTurn("k", work("2"), signal),
      inTurn("other", work("3"), signal),
    ];
    expect((await Promise.allSettled(all)).map(({ status }) => status)).toEqual([
      "rejected",
      "fulfilled",
      "fulfilled",
    ]);
    expect(events.filter((event) => !event.startsWith("3"))).toEqual([
      "1 begins",
      "1 ends",
      "2 begins",
      "2 ends",
    ]);
    expect(events.indexOf("3 begins")).toBeLessThan(events.indexOf("1 ends"));
  });

  test("is not begun when it was cancelled while it waited, and those behind it still wait", async () => {
    const stop = new AbortController();
    let release = (): void => undefined;
    const first = inTurn("k", () => new Promise<void>((resolve) => void (release = resolve)), signal);
    const second = inTurn("k", () => Promise.resolve("never"), stop.signal);
    let third = "waits";
    const last = inTurn("k", async () => void (third = "ran"), signal);
    stop.abort();
    await expect(second).rejects.toThrow();
    expect(third).toBe("waits");
    release();
    await Promise.all([first, last]);
    expect(third).toBe("ran");
  });
});

describe("a lock between processes", () => {
  test("is taken over from a process that died, and let go after a failure", async () => {
    const name = `test-${process.pid}`;
    const path = join(tmpdir(), `hotsite-${name}.${process.getuid?.() ?? "user"}.lock`);
    // No process has a number beyond the kernel's limit of 4194304.
    await writeFile(path, "4194305");
    await expect(withLock(name, () => Promise.reject(new Error("work failed")), signal)).rejects.toThrow(
      "work failed",
    );
    expect(await withLock(name, () => Promise.resolve("done"), signal)).toBe("done");
  });

  test("keeps others waiting until they are cancelled", async () => {
    const name = `test-held-${process.pid}`;
    const second = () => withLock(name, () => Promise.resolve("in"), AbortSignal.timeout(50));
    const held = await withLock(name, () => second().catch(() => "kept out"), signal);
    expect(held).toBe("kept out");
  });
});
