import { describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { command, file } from "../../core/command.ts";
import { FAULTS } from "../../recipes/faulty.ts";
import { tcpOpen } from "../../recipes/checks.ts";
import { defineRecipe } from "../../recipes/define.ts";
import { extendRecipe } from "../../recipes/extend.ts";
import { systemd } from "../../recipes/systemd.ts";
import { contextFor, planned } from "./context.ts";
import { describeRecipe } from "./contract.ts";

const base = defineRecipe("cache", {
  params: z.strictObject({ port: z.int().default(11211) }),
  packages: ["memcached"],
  files: ({ params }) => [
    file("/etc/memcached.conf", `-p ${params.port}\n`, { restarts: true }),
    file("/etc/memcached.note", "from the base"),
  ],
  service: systemd("memcached"),
  hooks: { afterConfigure: [command("echo", "base")] },
  ready: ({ params }) => tcpOpen(params.port),
  endpoints: (ref) => ({ port: ref("port", ({ params }) => params.port) }),
  commands: { version: { summary: "print its version", run: () => command("memcached", "--version") } },
  keeps: { "/var/lib/a": "of the base" },
});

const measured = extendRecipe("measured-cache", base, {
  params: { exporterPort: z.int().default(9150) },
  packages: ["prometheus-memcached-exporter", "memcached"],
  files: ({ params }) => [
    file("/etc/memcached.note", `exported at ${params.exporterPort}, of ${params.port}`),
    file("/etc/default/exporter", `ARGS=${params.exporterPort}\n`, { restarts: true }),
  ],
  hooks: { afterConfigure: [command("echo", "more")], afterStart: [command("echo", "started")] },
  service: systemd("memcached", "prometheus-memcached-exporter"),
  commands: { stats: { summary: "print counters", run: () => command("memcstat") } },
  keeps: { "/var/lib/b": "of the extension" },
});

describeRecipe("extended from another one", () => {
  const service = measured("cache", {});
  return { service, context: contextFor(service) };
});

describe("a recipe that extends another one", () => {
  const service = measured("cache", { port: 11300 });
  const plan = planned(service);

  test("has the packages of both, each once", () => {
    expect(plan.packages).toEqual(["memcached", "prometheus-memcached-exporter"]);
  });

  test("has the files of both, and its own where both name a path", () => {
    expect(plan.files.map(({ path, content }) => [path, content])).toEqual([
      ["/etc/memcached.conf", "-p 11300\n"],
      ["/etc/memcached.note", "exported at 9150, of 11300"],
      ["/etc/default/exporter", "ARGS=9150\n"],
    ]);
  });

  test("runs its hooks after those of the base, around its own units", () => {
    expect(plan.units).toEqual(["memcached", "prometheus-memcached-exporter"]);
    const said = plan.stages.configure.map((one) => (one.kind === "exec" ? one.argv.join(" ") : one.kind));
    expect(said).toEqual(["systemctl daemon-reload", "echo base", "echo more"]);
    expect(plan.stages.start.at(-1)).toEqual(command("echo", "started"));
  });

  test("keeps what it does not speak of: readiness, endpoints, commands", () => {
    expect(plan.ready).toEqual(tcpOpen(11300));
    expect(service.port.label).toBe("cache.port");
    expect(Object.keys(service.recipe.commands)).toEqual(["version", "stats"]);
    expect(Object.keys(plan.keeps)).toEqual(["/var/lib/a", "/var/lib/b"]);
  });

  test("tells what is wrong with the parameters of either", () => {
    // @ts-expect-error the config of somebody who does not run TypeScript
    const wrong = measured("cache", { port: "x", exporterPort: 1.5, expoterPort: 1 });
    const faults = (wrong as unknown as Record<symbol, { path: string }[]>)[FAULTS] ?? [];
    expect(faults.map(({ path }) => path)).toEqual([
      "services.cache.port",
      "services.cache.exporterPort",
      "services.cache.expoterPort",
    ]);
  });

  test("can be extended again", () => {
    const thrice = extendRecipe("thrice", measured, { packages: ["less"] });
    expect(planned(thrice("cache", {})).packages).toEqual([
      "memcached",
      "prometheus-memcached-exporter",
      "less",
    ]);
  });
});
