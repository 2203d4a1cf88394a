import { z } from "zod";
import { command, file, type Command } from "../core/command.ts";
import { tcpOpen } from "./checks.ts";
import { defineRecipe } from "./define.ts";
import { lastLines, systemd } from "./systemd.ts";

const haproxyParams = z.strictObject({
  port: z.int().min(1).max(65535).default(8080).describe("where people reach the application"),
});

const haproxyWired = z.object({
  config: z.string(),
  /** The Lua action that lets requests wait. */
  lua: z.string(),
  /** Files that the balancer changes while it runs, by path: written when they are absent, never over what is there. */
  initial: z.record(z.string().startsWith("/"), z.string()).default({}),
});

const FOLDER = "/etc/haproxy/hotsite";

/** Debian's HAProxy in front of the pool, at the edge. */
export const haproxy = defineRecipe("haproxy", {
  params: haproxyParams,
  wired: haproxyWired,
  packages: ["haproxy"],
  files: ({ wired, tls }) => [
    // None of them restarts it: a reload loses no connection.
    file("/etc/haproxy/haproxy.cfg", wired.config),
    file(`${FOLDER}/hold.lua`, wired.lua),
    file(`${FOLDER}/ca.pem`, tls.ca),
  ],
  service: systemd("haproxy"),
  hooks: ({ wired }) => ({
    beforeConfigure: Object.entries(wired.initial).map(([path, content]) => writeUnlessThere(path, content)),
    afterConfigure: [command("haproxy", "-c", "-q", "-f", "/etc/haproxy/haproxy.cfg")],
    afterStart: [command("systemctl", "reload", "haproxy")],
    afterUninstall: [command("rm", "-rf", FOLDER, "/var/lib/haproxy/dev")],
  }),
  ready: ({ params }) => tcpOpen(params.port, { timeoutMs: 30_000, explain: lastLines("haproxy") }),
  expose: ({ port }) => [port],
  commands: {
    config: { summary: "print the configuration", run: () => command("cat", "/etc/haproxy/haproxy.cfg") },
  },
});

function writeUnlessThere(path: string, content: string): Command {
  const text = 'mkdir -p "$(dirname "$1")"; [ -e "$1" ] || cat >"$1"';
  return { kind: "script", text, args: [path], stdin: content };
}
