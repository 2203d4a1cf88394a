import { describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { command, file } from "../../core/command.ts";
import type { Endpoint } from "../../core/driver.ts";
import { PreflightError } from "../../core/errors.ts";
import { Ref, type Service } from "../../core/recipe.ts";
import { secret } from "../../core/secret.ts";
import { tcpOpen } from "../../recipes/checks.ts";
import { defineRecipe } from "../../recipes/define.ts";
import { refsOf, refTo } from "../../recipes/refs.ts";
import { secretOf, secretSource } from "../../recipes/secrets.ts";
import { systemd } from "../../recipes/systemd.ts";
import { contextFor, planned } from "./context.ts";

const cache = defineRecipe("cache", {
  params: z.strictObject({
    port: z.int().default(6379),
    password: secretSource.default(secret.generated()),
    eviction: z.enum(["lru", "none"]).default("lru"),
  }),
  packages: ["redis-server"],
  files: (scope) => [
    file("/etc/redis/redis.conf", secretOf(scope, scope.params.password), { mode: 0o640, restarts: true }),
  ],
  service: systemd("redis-server"),
  hooks: { afterStart: [command("redis-cli", "ping")] },
  ready: ({ params }) => tcpOpen(params.port),
  expose: ({ port }) => [port],
  endpoints: (ref) => ({
    tcp: ref("tcp", ({ node, params }): Endpoint => ({ host: node.address, port: params.port })),
  }),
});

const user = defineRecipe("user", {
  params: z.strictObject({ backends: z.record(z.string(), refTo<Endpoint>("an endpoint, like cache.tcp")) }),
  wired: z.object({ identity: z.int() }),
  files: ({ params, wired, value }) =>
    Object.entries(params.backends).map(([name, ref]) =>
      file(`/etc/user/${name}`, `${value(ref).host}:${value(ref).port} as ${wired.identity}`),
    ),
  service: systemd("user"),
  ready: tcpOpen(1),
});

/** What planning with the service says. */
function faultsOf(service: Service): readonly object[] {
  try {
    planned(service);
  } catch (error) {
    if (error instanceof PreflightError) return error.faults;
    throw error;
  }
  return [];
}

describe("defineRecipe", () => {
  test("names the recipe, the service and the place when a part of it fails", () => {
    const failing = defineRecipe("failing", {
      params: z.strictObject({}),
      files: () => [file("/etc/failing", (undefined as unknown as { text: string }).text)],
      service: systemd("failing"),
      ready: tcpOpen(1),
    });
    expect(() => planned(failing("web", {}))).toThrow(
      expect.objectContaining({
        code: "bad-recipe",
        message: expect.stringMatching(/^web: the recipe failing fails: Cannot read properties of undefined/),
        hint: expect.stringMatching(/define\.test\.ts:\d+/),
      }),
    );
  });

  test("says all that is wrong with what a recipe says, whoever wrote it without types", () => {
    const careless = defineRecipe("careless", {
      params: z.strictObject({}),
      packages: "curl",
      files: [file("etc/careless", "x")],
      service: { ...systemd("careless"), alive: "systemctl is-active careless" },
      ready: command("true"),
      erase: [{ kind: "exec", argv: [] }],
    } as never);
    expect(faultsOf(careless("web", {}))).toMatchObject([
      { path: "services.web.packages", problem: "has the wrong type", allowed: "a list" },
      { path: "services.web.files.0.path", problem: "is not of the right form" },
      { path: "services.web.service.alive", problem: expect.stringMatching(/^should be a command/) },
      { path: "services.web.ready.command", problem: expect.stringMatching(/^should be a command/) },
      { path: "services.web.ready.timeoutMs", problem: "is missing" },
      { path: "services.web.erase.0", problem: expect.stringMatching(/^should be a command/) },
    ]);
  });

  test("makes a service with defaults for what the config leaves out", () => {
    const service = cache("store", {});
    expect(service.params).toMatchObject({ port: 6379, eviction: "lru" });
    expect(service.instances).toEqual({ initial: 1, min: 1, max: 1 });
    expect(service.recipe.expose(service.params)).toEqual([6379]);
  });

  test("tells everything that is wrong at once, each with its path, what was found and what is allowed", () => {
    const wrong = { port: "x", eviction: "random", prot: 1, instances: { initial: 3, max: 2 } };
    expect(faultsOf(cache("store", wrong as never))).toEqual([
      { path: "services.store.port", problem: "has the wrong type", found: '"x"', allowed: "a number" },
      expect.objectContaining({
        path: "services.store.eviction",
        found: '"random"',
        allowed: '"lru", "none"',
      }),
      {
        path: "services.store.prot",
        problem: "is not a setting",
        allowed: "port, password, eviction",
        remedy: "did you mean port?",
      },
      expect.objectContaining({ path: "services.store.instances", problem: "should be min ≤ initial ≤ max" }),
    ]);
  });

  test("does not repeat a password that was written where a secret's source belongs", () => {
    const faults = faultsOf(cache("store", { password: "hunter2" } as never));
    expect(JSON.stringify(faults)).not.toContain("hunter2");
    expect(faults).toHaveLength(1);
  });

  test("a value of another service resolves to that service's node, and is its dependency", () => {
    const store = cache("store", { port: 7000 });
    const service = user("front", { backends: { main: store.tcp } });
    expect(refsOf(service.params).map((ref) => [ref.service, ref.label])).toEqual([["store", "store.tcp"]]);
    const plan = service.recipe.plan(contextFor(service, { others: [store], wired: { identity: 7 } }));
    expect(plan.files).toEqual([{ path: "/etc/user/main", content: "10.111.0.11:7000 as 7" }]);
  });

  test("a wiring that lacks something is refused with its name", () => {
    const service = user("front", { backends: {} });
    expect(() => service.recipe.plan(contextFor(service))).toThrow(/services\.front\.identity: is missing/);
  });

  test("hooks of the recipe and of the config stand around the stage that they name", () => {
    const service = cache("store", { hooks: () => ({ beforeStop: [command("redis-cli", "save")] }) });
    const { stages } = service.recipe.plan(contextFor(service));
    expect(stages.start.at(-1)).toEqual(command("redis-cli", "ping"));
    expect(stages.stop[0]).toEqual(command("redis-cli", "save"));
  });

  test("secrets that parameters name are known by their path", () => {
    const service = cache("store", { password: secret.env("CACHE_PASSWORD") });
    expect(service.recipe.secrets(service.params)).toEqual({
      password: { kind: "env", variable: "CACHE_PASSWORD" },
    });
    const [conf] = service.recipe.plan(contextFor(service)).files;
    expect(conf?.content).toHaveProperty("reveal");
    expect(JSON.stringify(conf)).not.toContain("SECRET");
  });

  test("a wire of the wrong type is a type error, and a fault for those who do not check types", () => {
    // @ts-expect-error -- a text is no endpoint
    const service = user("front", { backends: { main: "10.0.0.1:80" } });
    expect(faultsOf(service)).toEqual([
      expect.objectContaining({
        path: "services.front.backends.main",
        problem: "should be an endpoint, like cache.tcp",
      }),
    ]);
  });

  test("a faulty service can be wired, but nothing can be had from it", async () => {
    const store = cache("store", { port: 0.5 });
    const front = user("front", { backends: { main: store.tcp } });
    expect(store.tcp).toBeInstanceOf(Ref);
    expect(refsOf(front.params).map((ref) => [ref.service, ref.label])).toEqual([["store", "store.tcp"]]);
    // It is no promise: waiting for it ends.
    expect((await Promise.resolve(store)).name).toBe("store");
    const context = contextFor(front, { others: [cache("store", {})], wired: { identity: 7 } });
    expect(() => front.recipe.plan(context)).toThrow(/services\.store\.port/);
    expect(() => store.recipe.expose(store.params)).toThrow(PreflightError);
    expect(() => store.recipe.secrets(store.params)).toThrow(PreflightError);
  });
});
