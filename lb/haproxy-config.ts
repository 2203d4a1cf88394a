import type { Member } from "../core/balancer.ts";

/** What a balancer's configuration says besides its members. */
export interface HaproxyOptions {
  /** Where people reach the application. */
  readonly port: number;
  /** Path that answers 2xx or 3xx when a member works. */
  readonly health: string;
  readonly paths: HaproxyPaths;
}

/** Where the balancer's files are. */
export interface HaproxyPaths {
  readonly config: string;
  /** Folder of the Lua action, its map, and the authority's certificate. */
  readonly folder: string;
  readonly socket: string;
}

/** As the recipe installs it. */
export const HAPROXY_PATHS: HaproxyPaths = {
  config: "/etc/haproxy/haproxy.cfg",
  folder: "/etc/haproxy/hotsite",
  socket: "/run/haproxy/admin.sock",
};

/** The backend that holds the pool. */
export const BACKEND = "app";

/** Two missed checks in a row: a member that is gone costs about a second. */
const CHECKS = "check inter 500 fastinter 200 downinter 500 fall 2 rise 2";

/** `haproxy.cfg` with the pool as it should be after a restart; equal for equal arguments. */
export function renderHaproxyConfig(options: HaproxyOptions, members: readonly Member[]): string {
  const { port, health, paths } = options;
  return `# Written by Hotsite; changes made here are overwritten.
global
  log /dev/log local0
  stats socket ${paths.socket} mode 600 level admin
  stats timeout 30s
  lua-load ${paths.folder}/hold.lua
  maxconn 10000

defaults
  log global
  mode http
  option httplog
  option dontlognull
  option forwardfor
  option redispatch
  retries 3
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout queue 15s
  timeout http-request 10s
  timeout http-keep-alive 30s

frontend people
  bind :${port}
  http-request lua.hold
  http-request set-header X-Forwarded-Proto http
  default_backend ${BACKEND}

backend ${BACKEND}
  balance leastconn
  cookie HOTSITE insert indirect nocache httponly
  option httpchk
  http-check send meth GET uri ${health} ver HTTP/1.1 hdr Host hotsite
  http-check expect rstatus ^[23]
${sorted(members)
  .map((member) => `  ${serverLine(options, member)}\n`)
  .join("")}`;
}

/** Requests wait while the map says so; the time in it, milliseconds since 1970, opens the gate even if nobody comes back to do it. */
export function renderHoldLua({ folder }: HaproxyPaths): string {
  return `local gate = Map.new("${gateMap(folder)}", Map._str)

core.register_action("hold", { "http-req" }, function(txn)
  while true do
    local till = tonumber(gate:lookup("till")) or 0
    local now = core.now()
    if now.sec * 1000 + now.usec / 1000 >= till then return end
    core.msleep(5)
  end
end)
`;
}

/** The gate's map as it is at first: open. */
export function initialFiles({ folder }: HaproxyPaths): Readonly<Record<string, string>> {
  return { [gateMap(folder)]: "till 0\n" };
}

export function gateMap(folder: string): string {
  return `${folder}/gate.map`;
}

/** HAProxy's names have no slash. */
export function serverName(member: string): string {
  return member.replace("/", ".");
}

/** The member behind a server's name: a site's name has no dot. */
export function memberName(server: string): string {
  return server.replace(".", "/");
}

export function sorted(members: readonly Member[]): readonly Member[] {
  return [...members].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function serverLine({ paths }: HaproxyOptions, { name, host, port, tls, state }: Member): string {
  const [site = "", node = ""] = name.split("/");
  const server = serverName(name);
  return [
    `server ${server} ${host}:${port} cookie ${server} ${CHECKS}`,
    // Whoever answers must prove that it is this very node.
    ...(tls === true
      ? [`ssl verify required ca-file ${paths.folder}/ca.pem verifyhost ${node}.${site}`]
      : []),
    // A member that only finishes what it has gets nothing after a restart, when there is nothing left to finish.
    ...(state === "ready" ? [] : ["disabled"]),
  ].join(" ");
}
