import { describe, expect, test } from "@jest/globals";
import { byon } from "../../drivers/byon/byon.ts";
import { ec2 } from "../../drivers/ec2/ec2.ts";
import { nodeImageOf } from "../../drivers/local/dockerfile.ts";
import { localMachineOf } from "../../drivers/local/inventory.ts";
import { local } from "../../drivers/local/local.ts";
import { label } from "../../drivers/local/names.ts";
import { sourcesOn } from "../../drivers/local/package-sources.ts";
import { removeSnapshot, takeSnapshot } from "../../drivers/local/snapshot.ts";
import { debian12, systemOf } from "../../drivers/local/system.ts";
import { sizeFaults } from "../../drivers/local/template.ts";
import { whyNoDiskLimit } from "../../drivers/local/validate.ts";

const signal = AbortSignal.timeout(10_000);

describe("the image of a local machine", () => {
  test("is Debian 12 unless a system or an image of the engine is named", () => {
    expect(systemOf(undefined)).toBe(debian12);
    expect(systemOf("debian:13")).toMatchObject({ suite: "trixie" });
    expect(systemOf("hotsite-snapshot:golden")).toBeUndefined();
  });

  test("differs from system to system", () => {
    const images = ["debian:12", "debian:13", "ubuntu:24.04"].map((name) =>
      nodeImageOf(systemOf(name) ?? debian12),
    );
    expect(new Set(images).size).toBe(3);
    expect(images[2]).toMatch(/^hotsite-node:[0-9a-f]{12}-ubuntu-24\.04$/);
  });

  test("is made from the mirrors that this computer uses, where it uses Debian's", () => {
    const own = [
      "https://deb.nodesource.com/node_20.x/",
      "http://mirror.lan/debian/",
      "http://mirror.lan/debian-security/",
    ];
    expect(sourcesOn(own, "trixie")).toEqual([
      "deb http://mirror.lan/debian/ trixie main",
      "deb http://mirror.lan/debian/ trixie-updates main",
      "deb http://mirror.lan/debian-security/ trixie-security main",
    ]);
    expect(sourcesOn(own.slice(0, 1), "trixie")).toEqual([]);
  });
});

describe("the disk of a local machine", () => {
  test.each([
    ["overlay2", "xfs", undefined],
    ["btrfs", undefined, undefined],
    ["overlay2", "extfs", "overlay2 on extfs"],
    ["overlayfs", undefined, "overlayfs on an unknown filesystem"],
  ])("on %s over %s is limited unless: %s", (driver, filesystem, reason) => {
    expect(whyNoDiskLimit(driver, filesystem)).toBe(reason);
  });

  test("that cannot be limited is a fault only where a limit is wanted", () => {
    const size = { memoryMb: 4096, cpus: 2, noDiskLimit: "overlay2 on extfs" };
    expect(sizeFaults("east", {}, size)).toEqual([]);
    expect(sizeFaults("east", { diskGb: 10 }, size)).toMatchObject([
      { path: "sites.east.cloud.diskGb", found: "overlay2 on extfs" },
    ]);
  });
});

test("a machine is listed with the limits that it has", () => {
  const container = {
    Id: "c",
    State: { Running: false },
    Config: {
      Image: "hotsite-node:x",
      Labels: {
        [label.owner]: "shop",
        [label.site]: "east",
        [label.name]: "db-1",
        [label.number]: "7",
        [label.index]: "11",
      },
    },
    HostConfig: { Memory: 256 * 2 ** 20, NanoCpus: 5e8 },
  } as unknown as Parameters<typeof localMachineOf>[0];
  expect(localMachineOf(container)).toEqual({
    ...{ owner: "shop", site: "east", name: "db-1", state: "stopped", address: "10.111.7.11" },
    ...{ image: "hotsite-node:x", memoryMb: 256, cpus: 0.5 },
  });
});

test.each(["Golden", "a:b", "../x", ""])("%p is refused as the name of a snapshot", async (name) => {
  await expect(takeSnapshot("any", name, signal)).rejects.toMatchObject({ code: "usage" });
  await expect(removeSnapshot(name, signal)).rejects.toMatchObject({
    code: expect.stringMatching(/usage|no-engine/),
  });
});

test("every kind of machine may have a price", () => {
  const price = { perHour: 0.02, currency: "EUR" };
  const clouds = [
    local({ price }),
    byon({ hosts: "a", price }),
    ec2({ region: "eu-west-1", type: "t3.small", price }),
  ];
  for (const { template } of clouds) expect(template["price"]).toEqual(price);
});
