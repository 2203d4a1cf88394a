import { describe, expect, test } from "@jest/globals";
import { planText } from "../../cli/plan-text.ts";
import { amount } from "../../cli/units.ts";
import { observedOf, statusText } from "../../cli/status-text.ts";
import { command, feed } from "../../core/command.ts";
import { Secret } from "../../core/secret.ts";
import { stateOf } from "../../failover/state.ts";
import { freshFacts } from "../../lifecycle/facts.ts";
import type { InstallPlan } from "../../lifecycle/plan.ts";
import type { Status } from "../../lifecycle/status.ts";

describe("status", () => {
  test("the verdict comes first, then each site", () => {
    expect(shown(status)).toBe(
      [
        "petclinic  PROTECTED  primary east · epoch 4 · last drill 12 days ago, passed (outage 11.8 s · lost 2) · http://127.0.0.1:8080/",
        "SITE  ROLE     NODES  DATABASE   POSITION     BEHIND",
        "east  primary  4/4    writable   0-101-48211  –",
        "west  standby  3/3    read-only  0-101-48211  0 tx · 0.2s",
        "edge  edge     1/1    –          –            –",
      ].join("\n"),
    );
  });

  test("a part that does not answer is named with its reason, and not taken for bad", () => {
    const [east, west, edge] = status.sites;
    const silent = {
      ...west!,
      database: { problem: "west/db-1: unreachable\nssh: timeout" },
      link: { problem: "no route" },
    };
    const text = shown({ ...status, sites: [east!, silent, edge!] });
    expect(text).toContain("petclinic  DEGRADED");
    expect(text).toContain("the gateway of west does not answer");
    expect(text).toContain("west  standby  3/3    no answer");
    expect(text).toContain("  west database: west/db-1: unreachable\n");
    expect(text).toContain("  west gateway: no route");
  });

  test("two writable databases are called what they are", () => {
    const [east, west] = status.sites;
    const both = { ...west!, database: east!.database! };
    expect(shown({ ...status, sites: [east!, both] })).toContain("petclinic  DIVERGED");
  });
});

describe("plan", () => {
  test("the count comes first, then each machine; details on request, without secrets", () => {
    expect(planText(plan, "none")).toBe(
      [
        "shop: 1 machine to launch, 1 to keep · about 1m 52s · 0.04 EUR/h",
        "    MACHINE     CLOUD  SERVICES    FILES",
        "  + east/db-1   local  db (mysql)  –",
        "  = east/web-1  local  web (war)   1 of 2 change",
        "  ? east/old-1 is not in the config any more; it is left alone",
        "what is done on each: hotsite plan --verbose; each command as a whole: hotsite plan --commands",
      ].join("\n"),
    );
    const detail = planText(plan, "some");
    expect(detail).toContain("    packages  mariadb-server");
    expect(detail).toContain("    file    + /etc/mysql/mariadb.conf.d/90-hotsite.cnf");
    expect(detail).toContain("    file    ~ /etc/tomcat10/server.xml\n      --- /etc/tomcat10/server.xml");
    expect(detail).toContain("    run       mariadb");
    const commands = planText(plan, "commands");
    expect(commands).toContain("    mariadb\n      < [secret]\n    systemctl start mariadb");
    expect(detail + commands).not.toContain("geheim");
  });
});

const day = 24 * 3_600_000;

const status: Status = {
  application: "petclinic",
  installed: true,
  facts: {
    ...freshFacts("east", "west"),
    epoch: 4,
    copied: true,
    link: { stream: "petclinic/db/4", epoch: 4, from: "east", to: "west", start: "", begin: "copy" },
    lastDrill: {
      id: "d1",
      kind: "site-power-off",
      atMs: 0,
      result: "passed",
      headline: "outage 11.8 s · lost 2",
      report: "drills/d1.html",
      sha256: "0",
    },
  },
  authority: { value: { epoch: 4, writer: "east" } },
  sites: [
    {
      site: "east",
      role: "primary",
      nodes: 4,
      running: { value: 4 },
      database: { value: { writable: true, position: "0-101-48211", origin: 1 } },
    },
    {
      site: "west",
      role: "standby",
      nodes: 3,
      running: { value: 3 },
      database: { value: { writable: false, position: "0-101-48211", origin: 2 } },
      link: {
        value: {
          stream: "petclinic/db/4",
          epoch: 4,
          state: "streaming",
          behindTransactions: 0,
          lagSeconds: 0.2,
        },
      },
    },
    { site: "edge", role: "edge", nodes: 1, running: { value: 1 } },
  ],
};

function shown(given: Status): string {
  const state = stateOf(given.facts, observedOf(given, undefined, 10));
  return statusText(given, state, "http://127.0.0.1:8080/", 12 * day);
}

const plan: InstallPlan = {
  application: "shop",
  usualMs: 112_000,
  unknownSteps: 0,
  perHour: { EUR: 0.04 },
  left: ["east/old-1"],
  nodes: [
    {
      ...{ site: "east", name: "db-1", cloud: "local", change: "launch" },
      services: [
        {
          ...{ service: "db", recipe: "mysql", packages: ["mariadb-server"] },
          files: [{ path: "/etc/mysql/mariadb.conf.d/90-hotsite.cnf", change: "new" }],
          commands: [feed(new Secret("geheim"), "mariadb"), command("systemctl", "start", "mariadb")],
        },
      ],
    },
    {
      ...{ site: "east", name: "web-1", cloud: "local", change: "keep" },
      services: [
        {
          ...{ service: "web", recipe: "war", packages: [], commands: [] },
          files: [
            { path: "/etc/tomcat10/server.xml", change: "changed", diff: "--- /etc/tomcat10/server.xml" },
            { path: "/etc/tomcat10/web.xml", change: "same" },
          ],
        },
      ],
    },
  ],
};

describe("amounts", () => {
  test.each([
    [0, "bytes", "0 bytes"],
    [999, "bytes", "999 bytes"],
    [12_345_678, "bytes", "12.3 MB"],
    [7, "connections", "7 connections"],
    [0.123456789, "s", "0.123457 s"],
    [1500, "rows", "1500 rows"],
  ])("%d %s reads %s", (value, unit, shown) => {
    expect(amount(value, unit)).toBe(shown);
  });
});
