import { z } from "zod";
import { command, file, type Command } from "../core/command.ts";
import { tcpOpen } from "./checks.ts";
import { defineRecipe } from "./define.ts";
import { FOLDER, FRONT, frontFiles, frontPorts, OVERRIDES, stopIfWithoutFront } from "./haproxy-front.ts";
import { secretSource } from "./secrets.ts";
import { lastLines, systemd } from "./systemd.ts";

const port = z.int().min(1).max(65535);
const seconds = z.number().positive().max(86_400).optional();

/** What the lifecycle reads of the parameters to write the configuration of the pool. */
export const balancing = z.object({
  port: port.default(8080).describe("where people reach the application"),
  accessLog: z.boolean().default(true).describe("log each request; failures are logged in any case"),
  sticky: z
    .boolean()
    .default(true)
    .describe(
      "people stay, by a cookie, at the instance that they got first; needed where sessions live in its memory",
    ),
  limits: z
    .strictObject({
      maxConnections: z.int().min(10).optional(),
      ...{ connectSeconds: seconds, clientSeconds: seconds, serverSeconds: seconds },
      ...{ queueSeconds: seconds, tunnelSeconds: seconds },
    })
    .default({})
    .describe("connections of clients at once; how long to wait for what"),
});

/** What a config may say of a balancer. */
export const haproxyParams = z.strictObject({
  ...balancing.shape,
  tls: z
    .strictObject({
      port: port.default(8443).describe("where people reach the application over TLS, besides `port`"),
      certificate: z
        .strictObject({ chain: secretSource, key: secretSource })
        .optional()
        .describe("PEM; without it, one of the application's own authority"),
    })
    .optional(),
  stats: z
    .strictObject({
      port: port.default(8404),
      user: z
        .string()
        .regex(/^[A-Za-z0-9_-]+$/)
        .default("hotsite"),
      password: secretSource,
    })
    .optional()
    .describe("a page of statistics over TLS, and /metrics for Prometheus"),
});

const haproxyWired = z.object({
  config: z.string(),
  /** What every frontend does with a request. */
  rules: z.string(),
  /** The Lua action that lets requests wait. */
  lua: z.string(),
  /** Files that the balancer changes while it runs, by path: written when they are absent, never over what is there. */
  initial: z.record(z.string().startsWith("/"), z.string()).default({}),
});

/** Debian's HAProxy in front of the pool, at the edge. */
export const haproxy = defineRecipe("haproxy", {
  params: haproxyParams,
  wired: haproxyWired,
  packages: ["haproxy"],
  files: (scope) => [
    // None of them restarts it: a reload loses no connection.
    file("/etc/haproxy/haproxy.cfg", scope.wired.config),
    file(`${FOLDER}/hold.lua`, scope.wired.lua),
    file(`${FOLDER}/ca.pem`, scope.tls.ca),
    ...frontFiles(scope, scope.wired.rules),
  ],
  service: systemd("haproxy"),
  hooks: ({ wired }) => ({
    beforeConfigure: Object.entries(wired.initial).map(([path, content]) => writeUnlessThere(path, content)),
    afterConfigure: [command("haproxy", "-c", "-q", "-f", "/etc/haproxy/haproxy.cfg", "-f", FRONT)],
    beforeStart: [stopIfWithoutFront],
    afterStart: [command("systemctl", "reload", "haproxy")],
    afterUninstall: [command("rm", "-rf", FOLDER, "/var/lib/haproxy/dev", OVERRIDES)],
  }),
  ready: ({ params }) => tcpOpen(params.port, { explain: lastLines("haproxy") }),
  expose: (params) => [params.port, ...frontPorts(params)],
  commands: {
    config: { summary: "print the configuration", run: () => command("cat", "/etc/haproxy/haproxy.cfg") },
  },
});

function writeUnlessThere(path: string, content: string): Command {
  const text = 'mkdir -p "$(dirname "$1")"; [ -e "$1" ] || cat >"$1"';
  return { kind: "script", text, args: [path], stdin: content };
}
