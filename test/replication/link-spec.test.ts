import { describe, expect, test } from "@jest/globals";
import { PreflightError } from "../../core/errors.ts";
import { secret } from "../../core/secret.ts";
import { embeddedLog, kafkaLog, link, type LinkSpec } from "../../replication/standalone/spec.ts";

const password = secret.env("PASSWORD");
const good: LinkSpec = {
  source: { host: "one", user: "reader", password },
  target: { host: "two", user: "writer", password },
  databases: ["shop"],
};

describe("link(name, …)", () => {
  test("fills in what is not said", () => {
    expect(link("shop", good)).toMatchObject({
      ...{ kind: "link", name: "shop", firstCopy: true, replaceTarget: false, log: { kind: "embedded" } },
      source: { port: 3306 },
    });
  });

  test("takes a log in a folder or at brokers", () => {
    expect(link("shop", { ...good, log: embeddedLog({ folder: "log", limit: "2GB" }) }).log).toEqual({
      ...{ kind: "embedded", folder: "log", limit: 2048 },
    });
    expect(link("shop", { ...good, log: kafkaLog({ brokers: ["k:9092"] }) }).log).toMatchObject({
      topicPrefix: "hotsite",
    });
  });

  test("tells all faults at once, each with its path", () => {
    const bad = {
      source: { host: "one", user: "reader", password: "secret" },
      target: good.target,
      databases: [],
      frist: 1,
    };
    const faults = faultsIn("Shop", bad);
    expect(faults.map(({ path }) => path).sort()).toEqual(["databases", "frist", "name", "source.password"]);
    expect(faults.find(({ path }) => path === "frist")?.allowed).toContain("firstCopy");
    expect(JSON.stringify(faults)).not.toContain('"secret"');
  });

  test("refuses a server's own schemas, and a server that would follow itself", () => {
    const faults = faultsIn("shop", {
      ...good,
      target: { ...good.target, host: "one" },
      databases: ["shop", "mysql"],
    });
    expect(faults.map(({ path }) => path)).toEqual(["databases.1", "target"]);
  });
});

function faultsIn(name: string, spec: object): PreflightError["faults"] {
  try {
    link(name, spec as LinkSpec);
  } catch (error) {
    if (error instanceof PreflightError) return error.faults;
    throw error;
  }
  return [];
}
