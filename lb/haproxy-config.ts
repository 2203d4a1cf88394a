import { isIPv6 } from "node:net";
import type { Member } from "../core/balancer.ts";
import { HotsiteError } from "../core/errors.ts";

/** Where things are on the balancer's node. */
export interface HaproxyPaths {
  readonly config: string;
  readonly lua: string;
  /** Whether requests wait; changed through the Runtime API, kept here for a restart. */
  readonly gate: string;
  /** The pool as it was last applied, as JSON. */
  readonly pool: string;
  /** Which servers may work, in HAProxy's own format: read when it starts, so that an older configuration changes nothing. */
  readonly serverState: string;
  readonly socket: string;
  /** Certificate authority of the members, when they are reached over TLS. */
  readonly ca: string;
}

/** Debian's places. */
export const HAPROXY_PATHS: HaproxyPaths = haproxyPaths("/etc/haproxy/hotsite", {
  config: "/etc/haproxy/haproxy.cfg",
  socket: "/run/haproxy/admin.sock",
});

/** Everything in one folder, but for what is told apart. */
export function haproxyPaths(folder: string, apart: { config?: string; socket?: string } = {}): HaproxyPaths {
  return {
    config: apart.config ?? `${folder}/haproxy.cfg`,
    lua: `${folder}/hold.lua`,
    gate: `${folder}/gate.map`,
    pool: `${folder}/pool.json`,
    serverState: `${folder}/server-state`,
    socket: apart.socket ?? `${folder}/admin.sock`,
    ca: `${folder}/ca.pem`,
  };
}

export interface HaproxyOptions {
  /** Where people reach the application. */
  readonly port: number;
  /** Address to listen on. Default all. */
  readonly bind?: string;
  /** Path that a working member answers. */
  readonly health: string;
  /** Statuses of an answer of a working member. Default: 200 to 399. */
  readonly healthStatuses?: readonly number[];
  /** Members are reached over TLS and must show a certificate of `paths.ca`. Default false. */
  readonly tls?: boolean;
  readonly limits?: HaproxyLimits;
  /** People stay at the member that they got first, by a cookie. Default true. */
  readonly sticky?: boolean;
  /** Whether each request is logged. Default true; failures are in any case. */
  readonly accessLog?: boolean;
  readonly paths: HaproxyPaths;
}

/** How much and how long, in seconds. */
export interface HaproxyLimits {
  /** Connections of clients at once. */
  readonly maxConnections?: number;
  /** Until a member accepts a connection. */
  readonly connectSeconds?: number;
  /** Of silence from a client. */
  readonly clientSeconds?: number;
  /** Until a member answers. */
  readonly serverSeconds?: number;
  /** For a free place at a member. */
  readonly queueSeconds?: number;
  /** Of silence on a connection that was switched to another protocol, like a WebSocket. */
  readonly tunnelSeconds?: number;
}

/** The name of the only backend. */
export const BACKEND = "app";

/** Members are asked this often; two bad answers take one out, one good answer brings it back. */
const checkIntervalMs = 1000;
const checkAfterFailureMs = 250;

/** The whole configuration. Equal pools give equal text. */
export function renderHaproxyConfig(options: HaproxyOptions, members: readonly Member[]): string {
  const { paths, port, bind = "*", limits = {}, accessLog = true, sticky = true } = options;
  const maxConnections = limits.maxConnections === undefined ? "" : `  maxconn ${limits.maxConnections}\n`;
  return `# Written by hotsite. The pool in it is what was last applied; see ${paths.pool}.
${POOL_COMMENT}${renderPool(members)}
global
  log /dev/log local0
${maxConnections}  chroot /var/lib/haproxy
  user haproxy
  group haproxy
  stats socket ${paths.socket} mode 600 level admin expose-fd listeners
  server-state-file ${paths.serverState}
  hard-stop-after 60s
  lua-load ${paths.lua}

defaults
  mode http
  log global
  option httplog
  option dontlognull
${accessLog ? "" : "  option dontlog-normal\n"}  option forwardfor
  option redispatch
  retries 3
  timeout connect ${limits.connectSeconds ?? 2}s
  timeout check 2s
  timeout client ${limits.clientSeconds ?? 60}s
  timeout server ${limits.serverSeconds ?? 60}s
  timeout queue ${limits.queueSeconds ?? 10}s
  timeout tunnel ${limits.tunnelSeconds ?? 3600}s
  timeout http-request 10s
  timeout http-keep-alive 5s
  load-server-state-from-file global

frontend http
  bind ${bind}:${port}
${FRONTEND_RULES}
backend ${BACKEND}
  balance roundrobin
${sticky ? "  cookie HOTSITE insert indirect nocache httponly\n" : ""}  option httpchk
  http-check send meth GET uri ${word(options.health)} ver HTTP/1.1 hdr Host hotsite-check
  http-check expect status ${options.healthStatuses?.join(",") ?? "200-399"}
  default-server ${serverDefaults(options)}
${sorted(members)
  .map((member) => serverLine(member, options))
  .join("\n")}
`;
}

/** What every frontend does with a request: let it wait while the gate is shut, then hand it to the pool. */
export const FRONTEND_RULES = `  option idle-close-on-response
  http-request lua.hold
  http-request return status 503 content-type text/plain string "The application is being moved. Try again in a moment." hdr Retry-After 1 if { var(txn.hotsite_waited) -m bool }
  default_backend ${BACKEND}
`;

/** Starts the line of a configuration that holds its pool. */
export const POOL_COMMENT = "# pool ";

/** A pool as JSON on one line. */
export function renderPool(members: readonly Member[]): string {
  return JSON.stringify(
    sorted(members).map(({ name, site, host, port, state }) => ({ name, site, host, port, state })),
  );
}

/** Which servers may work, as HAProxy reads it when it starts (version 1 of `show servers state`). */
export function renderServerState(
  { tls = false }: Pick<HaproxyOptions, "tls">,
  members: readonly Member[],
): string {
  const rows = sorted(members).map(({ name, host, port, state }) => {
    // Administrative bits: 1 is "maintenance"; 4 alone means "ready", also where the configuration says `disabled`.
    const [running, admin] = state === "ready" ? [2, 4] : [0, 1];
    const checks = "1 1 0 6 3 4 6 0 0 0";
    // What it says of TLS counts for more than the configuration does.
    return `2 ${BACKEND} 1 ${serverName(name)} ${host} ${running} ${admin} ${checks} - ${port} - ${tls ? 1 : 0} 0 - - 0`;
  });
  return `1\n# ${SERVER_STATE_COLUMNS}\n${rows.map((row) => `${row}\n`).join("")}`;
}

/** Files that must be there before the first start, by path; the balancer changes them later. */
export function initialFiles(paths: HaproxyPaths): Readonly<Record<string, string>> {
  return { [paths.gate]: renderGate(0), [paths.serverState]: renderServerState({}, []) };
}

/** The gate's map file: how long a request may wait, and a number that grows with each closing; 0 stands for open. */
export function renderGate(value: string | 0): string {
  return `shut ${value}\n`;
}

/** The Lua action that lets requests wait while the gate is shut. A request that waits has been sent to no member, so any method is safe. */
export function renderHoldLua({ gate }: Pick<HaproxyPaths, "gate">): string {
  return `-- Requests wait while the gate is shut. The gate is a map entry "shut <milliseconds>-<number>"; it opens by itself when its time is over.
local gate = Map.new("${gate}", Map._str)
local closing, closed_at, waiting = "0", 0, 0

local function now_ms()
  local now = core.now()
  return now.sec * 1000 + now.usec / 1000
end

core.register_action("hold", { "http-req" }, function(txn)
  local value = gate:lookup("shut")
  if value == nil or value == "0" then return end
  if value ~= closing then closing, closed_at = value, now_ms() end
  local deadline = closed_at + (tonumber(value:match("^%d+")) or 0)
  if now_ms() >= deadline then return end

  waiting = waiting + 1
  repeat
    -- Many that wait look less often, so that looking never fills a core.
    core.msleep(math.min(5 + waiting // 20, 200))
    value = gate:lookup("shut")
  until value == nil or value == "0" or now_ms() >= deadline
  waiting = waiting - 1
  if value ~= nil and value ~= "0" then txn:set_var("txn.hotsite_waited", true) end
end)
`;
}

/** A member's name as HAProxy knows it. */
export function serverName(member: string): string {
  return member.replace("/", ".");
}

function serverDefaults({ tls = false, paths }: HaproxyOptions): string {
  const checks = `check inter ${checkIntervalMs} fastinter ${checkAfterFailureMs} fall 2 rise 1 init-addr last,libc,none`;
  return tls ? `${checks} ssl verify required ca-file ${paths.ca}` : checks;
}

function serverLine(
  { name, host, port, state }: Member,
  { tls = false, sticky = true }: HaproxyOptions,
): string {
  const server = serverName(word(name));
  // A certificate of the same authority is not enough: it must be that of this very node.
  const [site, node] = word(name).split("/");
  const verified = tls ? ` verifyhost ${node}.${site}` : "";
  const address = isIPv6(host) ? `[${host}]` : word(host);
  return `  server ${server} ${address}:${port}${sticky ? ` cookie ${server}` : ""}${verified}${state === "ready" ? "" : " disabled"}`;
}

function sorted(members: readonly Member[]): readonly Member[] {
  return [...members].sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** What stands in the configuration unquoted must not be able to change its meaning. */
function word(text: string): string {
  if (/^[A-Za-z0-9_./:?&=%~+-]+$/.test(text)) return text;
  throw new HotsiteError(
    "bad-balancer-option",
    `${JSON.stringify(text)} cannot stand in a balancer's configuration`,
    {
      hint: "use letters, digits and ._-/ in names, hosts and paths",
    },
  );
}

const SERVER_STATE_COLUMNS = [
  ...["be_id", "be_name", "srv_id", "srv_name", "srv_addr", "srv_op_state", "srv_admin_state", "srv_uweight"],
  ...[
    "srv_iweight",
    "srv_time_since_last_change",
    "srv_check_status",
    "srv_check_result",
    "srv_check_health",
  ],
  ...[
    "srv_check_state",
    "srv_agent_state",
    "bk_f_forced_id",
    "srv_f_forced_id",
    "srv_fqdn",
    "srv_port",
    "srvrecord",
  ],
  ...["srv_use_ssl", "srv_check_port", "srv_check_addr", "srv_agent_addr", "srv_agent_port"],
].join(" ");
