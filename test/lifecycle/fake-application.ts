import { z } from "zod";
import type { Application, Cloud } from "../../core/application.ts";
import { command } from "../../core/command.ts";
import { Ref, type Recipe, type Service } from "../../core/recipe.ts";

const recipe: Recipe<unknown> = {
  name: "fake",
  params: z.unknown(),
  secrets: () => ({}),
  expose: () => [],
  plan: () => ({
    packages: [],
    files: [],
    stages: { install: [], configure: [], start: [], stop: [], uninstall: [] },
    ready: { command: command("true"), timeoutMs: 1000 },
    alive: command("true"),
    units: [],
    keeps: {},
    erase: [],
  }),
  commands: {},
  metrics: {},
};

export function fakeService(
  name: string,
  uses: readonly string[] = [],
  initial = 1,
  exposed: readonly number[] = [],
): Service {
  const refs = uses.map((use) => new Ref(use, `${use}.endpoint`, () => use));
  return {
    name,
    recipe: { ...recipe, expose: () => exposed },
    params: { uses: refs },
    instances: { initial, min: 1, max: initial },
  };
}

export const fakeCloud: Cloud = {
  kind: "fake",
  template: {},
  open: () => Promise.reject(new Error("no machine is needed here")),
};

/** Two sites with a database, a web tier of two and everything at the edge. */
export function fakeApplication(services?: { db: Service; web: Service }): Application {
  const db = services?.db ?? fakeService("db");
  const web = services?.web ?? fakeService("web", ["db"], 2);
  return {
    name: "shop",
    sites: [
      { name: "east", role: "primary", cloud: fakeCloud, standby: "hot" },
      { name: "west", role: "standby", cloud: fakeCloud, standby: "hot" },
    ],
    services: [web, db],
    edge: { name: "edge", cloud: fakeCloud, witness: fakeService("witness") },
    traffic: {
      balancer: fakeService("lb"),
      to: new Ref("web", "web.http", () => ({ host: "", port: 1 })),
      health: "/",
    },
    replication: { of: db, through: "embedded", gateway: fakeService("gateway") },
    protection: { maxLossTransactions: 5, maxOutageSeconds: 60 },
  };
}
