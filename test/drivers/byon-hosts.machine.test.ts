import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { promisify } from "node:util";
import { command } from "../../core/command.ts";
import type { Machine, NodeClaim } from "../../core/driver.ts";
import { Secret } from "../../core/secret.ts";
import { freeHost, probe, quarantineByHand, reportHosts } from "../../drivers/byon/admin.ts";
import type { ByonDriver } from "../../drivers/byon/driver.ts";
import { openShell } from "../../remote/ssh.ts";
import { Program } from "../support/program.ts";
import { Metal } from "./byon/metal.ts";
import type { Order } from "./byon/launch-child.ts";
import { claimOf, loginKey, newOwner } from "./claim.ts";
import { removeAll } from "./lab.ts";

jest.setTimeout(120_000);

let metal: Metal;
let owner: string;
let signal: AbortSignal;
let driver: ByonDriver;
let state = 0;

beforeAll(async () => void (metal = await Metal.make(3, AbortSignal.timeout(110_000))), 120_000);
afterAll(async () => metal[Symbol.asyncDispose]());

beforeEach(() => {
  signal = AbortSignal.timeout(100_000);
  owner = newOwner();
  state += 1;
  driver = metal.driver({ hosts: addresses() }, `state-${state}`);
});

afterEach(async () => {
  await removeAll(driver, owner);
  await driver[Symbol.asyncDispose]();
  expect(await metal.traces()).toEqual([]);
});

function addresses(): string[] {
  return metal.hosts.map(({ host }) => host);
}

function wish(name: string, more: Partial<NodeClaim> = {}): NodeClaim {
  return claimOf(owner, "east", name, more);
}

async function states(): Promise<string[]> {
  return (await reportHosts(driver.pool, signal)).map((report) => report.state);
}

describe("claims", () => {
  test("of two managers in two processes never share a host", async () => {
    await using program = await Program.build(new URL("./byon/launch-child.ts", import.meta.url));
    const orders = [0, 1].map((manager): Order => ({
      options: { hosts: addresses(), user: "ops", key: metal.key },
      stateFolder: join(metal.folder, `manager-${state}-${manager}`),
      claims: [wish(`a-${manager}`), wish(`b-${manager}`)],
    }));
    const got: string[] = [];
    const children = orders.map((order) => {
      const { child, lines } = program.start([JSON.stringify(order)]);
      lines.on("line", (line: string) => got.push(line));
      return child;
    });
    const ends = await Promise.all(children.map((child) => once(child, "close", { signal })));
    expect(ends).toEqual([
      [0, null],
      [0, null],
    ]);
    expect(got.map((line) => line.split(" ")[1]).sort()).toEqual([...addresses()].sort());
    const held = (await driver.list(owner, signal)).map(({ claim, address }) => `${claim} ${address}`);
    expect(held.sort()).toEqual([...got].sort());
  });

  test("are found again by somebody who remembers nothing", async () => {
    const machine = await driver.launch(wish("db-1", { expose: [3306] }), signal);
    await using other = metal.driver({ hosts: addresses() }, `state-${state}-other`);
    expect(await other.list(owner, signal)).toEqual([machine]);
    expect(await other.list(newOwner(), signal)).toEqual([]);
  });
});

describe("hosts that are not fit", () => {
  test("go into quarantine with the reason, and the same launch takes the next", async () => {
    const [first = "", second = "", third = ""] = addresses();
    await metal.hosts[0]?.as("mkdir /opt/hotsite");
    await metal.hosts[1]?.as("mv /etc/sudoers.d/ops /root/");
    const dead = { host: "127.0.0.1", port: 1 };
    metal.dead.add(dead.host);
    await using pool = metal.driver({ hosts: [dead, first, second, third] }, `state-${state}-sick`);
    try {
      const machine = await pool.launch(wish("web-1"), signal);
      expect(machine.address).toBe(third);
      const reports = await reportHosts(pool.pool, signal);
      expect(reports.map((report) => [report.state, report.reason ?? ""])).toEqual([
        ["quarantined", expect.stringContaining("ECONNREFUSED")],
        ["quarantined", "it has files of another installation (/opt/hotsite)"],
        ["quarantined", expect.stringContaining("cannot become root with sudo")],
        ["claimed", ""],
      ]);
    } finally {
      await metal.hosts[0]?.as("rmdir /opt/hotsite");
      await metal.hosts[1]?.as("mv /root/ops /etc/sudoers.d/");
    }
    expect((await probe(pool.pool, pool.pool.host(second), signal)).state).toBe("free");
    expect((await pool.launch(wish("web-2"), signal)).address).toBe(second);
    // The last resort: what was in quarantine is asked again.
    expect((await pool.launch(wish("web-3"), signal)).address).toBe(first);
    await removeAll(pool, owner);
  });

  test("wait for a person when a person put them there", async () => {
    for (const host of driver.pool.hosts) await quarantineByHand(driver.pool, host, "makes noises");
    await expect(driver.launch(wish("web-1"), signal)).rejects.toMatchObject({
      code: "no-capacity",
      message: expect.stringContaining("makes noises"),
    });
    const [host] = driver.pool.hosts;
    expect((await probe(driver.pool, host!, signal)).state).toBe("quarantined");
    expect(await freeHost(driver.pool, host!, signal)).toBe("free");
    expect((await driver.launch(wish("web-1"), signal)).address).toBe(host!.host);
  });

  test("are not given to the next when something was left on them", async () => {
    const { address, id } = await driver.launch(wish("web-1"), signal);
    const room = metal.hosts.find(({ host }) => host === address);
    await room?.as("mkdir /opt/somebodys && echo x >/opt/hotsite");
    await driver.destroy(id, signal);
    const report = (await reportHosts(driver.pool, signal)).find(({ host }) => host === address);
    expect(report).toMatchObject({
      state: "quarantined",
      reason: expect.stringContaining("(/opt/somebodys)"),
    });
    // Also not by a manager who was not there.
    await using other = metal.driver({ hosts: [address] }, `state-${state}-other`);
    await expect(other.launch(wish("web-2"), signal)).rejects.toMatchObject({ code: "no-capacity" });
    await room?.as("rmdir /opt/somebodys");
    expect(await freeHost(driver.pool, driver.pool.host(address), signal)).toBe("free");
    expect(await states()).toEqual(["free", "free", "free"]);
  });

  test("that are dead for good are given up, and lose their claim when they come back", async () => {
    const { address, id } = await driver.launch(wish("web-1"), signal);
    const container = metal.hosts.find(({ host }) => host === address)?.container.id ?? "";
    await docker("kill", container);
    metal.dead.add(address);
    await driver.pool.disconnect(driver.pool.host(address));
    await expect(driver.stop(id, signal)).rejects.toMatchObject({ code: "no-power" });
    await expect(driver.destroy(id, signal)).rejects.toMatchObject({
      code: "unreachable",
      hint: expect.stringContaining(`hotsite hosts release ${address}`),
    });
    expect(await freeHost(driver.pool, driver.pool.host(address), signal)).toBe("given up");
    await driver.destroy(id, signal);
    expect(await driver.list(owner, signal)).toEqual([]);
    await docker("start", container);
    metal.dead.delete(address);
    await using back = metal.driver({ hosts: [address] }, `state-${state}`);
    const machine = await back.launch(wish("web-2"), signal);
    expect(machine.address).toBe(address);
    await back.destroy(machine.id, signal);
  });
});

test("hosts behind a jump host are claimed, used and given back through it", async () => {
  const [door = "", ...behind] = addresses();
  const jump = { host: door, user: "ops", key: metal.key };
  await using inside = metal.driver({ hosts: behind, jump }, `state-${state}-inside`);
  const machine = await inside.launch(wish("db-1"), signal);
  expect(await whoAmI(inside, machine)).toBe("root");
  expect(await metal.hosts.find(({ host }) => host === machine.address)?.as("ss -Htn sport = :22")).toContain(
    door,
  );
  await removeAll(inside, owner);
});

/** As the application logs in: with its own key, and with what the driver adds. */
async function whoAmI(from: ByonDriver, machine: Machine): Promise<string> {
  const { ssh } = machine;
  await using shell = await openShell(
    {
      node: "east/db-1",
      at: ssh,
      login: { user: ssh.user, privateKey: new Secret(loginKey.privateKey) },
      hostKey: { known: () => Promise.resolve(ssh.hostKey), pin: () => Promise.resolve() },
      ...(await from.access(machine)),
    },
    signal,
  );
  return (await shell.run(command("id", "-un"), signal)).stdout;
}

async function docker(...argv: string[]): Promise<void> {
  await promisify(execFile)("docker", argv);
}
