import { describe, expect, test } from "@jest/globals";
import { application, haproxy, local, mysql, secret, war } from "hotsite";
import { configSchema, configSchemas } from "../../cli/config-schema.ts";
import { resolvedConfig } from "../../cli/resolved.ts";

describe("config show", () => {
  const db = mysql("db", {
    databases: { shop: {} },
    users: {
      shop: { password: secret.command("pass", "show", "prod/shop"), grants: { shop: "ALL" } },
      report: { password: secret.env("REPORT"), grants: {} },
    },
  });
  const web = war("web", {
    war: "./app",
    contextPath: "/shop",
    health: "/login",
    healthStatuses: [401],
    dataSources: { "jdbc/shop": db.jdbc("shop", "shop") },
    environment: { API_TOKEN: "typed-in-by-mistake" },
  });
  const shown = resolvedConfig(
    application("shop", {
      sites: { east: { role: "primary", cloud: local({ memoryMb: 512 }) } },
      services: [db, web],
      edge: { cloud: local() },
      traffic: { balancer: haproxy("lb", {}), to: web.http },
    }),
  );

  test("has the defaults, endpoints by their names, and clouds with their templates", () => {
    expect(shown).toMatchObject({
      sites: { east: { role: "primary", cloud: { kind: "local", memoryMb: 512 } } },
      services: { db: { recipe: "mysql", params: { port: 3306 } }, web: { params: { war: "./app" } } },
      // The balancer asks as the service itself is asked.
      traffic: { to: "web.http", health: "/shop/login", healthStatuses: [401] },
    });
  });

  test("has no secret, only where each comes from", () => {
    const text = JSON.stringify(shown);
    expect(text).toContain("secret.command(pass …)");
    expect(text).toContain("secret.env(REPORT)");
    expect(text).toContain('"API_TOKEN":"[secret]"');
    expect(text).not.toMatch(/prod\/shop|typed-in/);
  });
});

describe("config schema", () => {
  test("knows the application, every recipe and every cloud, and can be written as JSON", () => {
    expect(Object.keys(configSchemas())).toEqual(
      expect.arrayContaining(["application", "mysql", "tomcat", "war", "haproxy", "local", "ec2"]),
    );
    const { $defs } = JSON.parse(JSON.stringify(configSchema())) as { $defs: Record<string, unknown> };
    expect($defs["mysql"]).toMatchObject({
      properties: { port: { type: "integer", default: 3306, maximum: 65535 } },
      additionalProperties: false,
    });
  });
});
