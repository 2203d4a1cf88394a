import { file, script, type Command, type NodeFile } from "../../core/command.ts";
import type { RecipeScope } from "../spec.ts";
import { FLAVOURS, type Settings } from "./flavour.ts";
import type { MysqlParams, MysqlWired } from "./params.ts";
import { serverOf } from "./server.ts";

type Scope = RecipeScope<MysqlParams, MysqlWired>;

/** The server's settings; `places` are those that say where things are. */
export function settingsFile(scope: Scope, places: Settings = {}): NodeFile {
  const { settings } = serverOf(scope);
  const group = FLAVOURS[scope.params.flavour].group;
  const text = `# Written by Hotsite; settings go into the config's mysql(…).\n${include(scope)}[${group}]\n${lines({ ...places, ...settingsOf(scope) })}`;
  return file(settings, text, { restarts: true });
}

/** With a witness no database starts writable; without one only a standby has a reason to be read-only. */
export function startsReadOnly({ wired, node }: Scope): boolean {
  return wired.witness !== undefined || node.role !== "primary";
}

/** Writes what follows from the node's memory, where the config leaves that open. */
export function sizeToNode(scope: Scope): readonly Command[] {
  const { flavour, memory } = scope.params;
  const path = serverOf(scope).memory;
  if (memory !== "auto") return [script('rm -f "$1"', path)];
  const { group, sizes } = FLAVOURS[flavour];
  // The names are the same for all sizes.
  return [script(SIZE_TO_NODE, path, group, ...Object.keys(sizes(MINIMUM_MB)))];
}

function settingsOf(scope: Scope): Settings {
  const { params, node, wired } = scope;
  const { tls } = serverOf(scope);
  const { followed, sizes } = FLAVOURS[params.flavour];
  return {
    "bind-address": `${node.address},127.0.0.1`,
    port: params.port,
    "skip-name-resolve": "ON",
    "max-connections": params.maxConnections,
    ...(params.memory === "auto" ? {} : sizes(params.memory)),
    "performance-schema": "OFF",
    // Without a collation: that of its databases is then the one that "SET NAMES utf8mb4" gives to a client, and both can be compared.
    "character-set-server": "utf8mb4",
    ...params.settings,
    "read-only": startsReadOnly(scope) ? "ON" : "OFF",
    ...followed(wired, params),
    "ssl-ca": `${tls}/ca.pem`,
    "ssl-cert": `${tls}/certificate.pem`,
    "ssl-key": `${tls}/key.pem`,
  };
}

/** Debian's server reads all files of the folder by itself. */
function include(scope: Scope): string {
  if (scope.params.memory !== "auto" || scope.params.source.kind === "node") return "";
  return `!include ${serverOf(scope).memory}\n`;
}

function lines(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join("");
}

const MINIMUM_MB = 256;
const MAXIMUM_MB = 65_536;

// Half of the node is the server's. $3 and $4 are what `sizes` of the flavour gives: half and an eighth of that.
const SIZE_TO_NODE = `
set -eu
path=$1 group=$2 cache=$3 redo=$4
all=$(($(sed -n 's/^MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo) / 1024))
limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max)
if [ "$limit" != max ] && [ $((limit / 1048576)) -lt "$all" ]; then all=$((limit / 1048576)); fi
size=$((all / 2))
[ "$size" -ge ${MINIMUM_MB} ] || size=${MINIMUM_MB}
[ "$size" -le ${MAXIMUM_MB} ] || size=${MAXIMUM_MB}
mkdir -p "$(dirname "$path")"
printf '# Written by Hotsite: the server may use %s MB, half of what this machine has.\\n[%s]\\n%s = %sM\\n%s = %sM\\n' \\
  "$size" "$group" "$cache" $((size / 2)) "$redo" $((size / 8)) >"$path"`;
