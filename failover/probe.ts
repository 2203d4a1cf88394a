import { script } from "../core/command.ts";
import { HotsiteError } from "../core/errors.ts";
import type { Shell } from "../core/shell.ts";
import type { Probe } from "./world.ts";

/** What an observer looks at. */
export interface ProbeTargets {
  /** Where the site's database listens. */
  readonly database: { readonly host: string; readonly port: number };
  /** Addresses of all nodes of the site. */
  readonly nodes: readonly string[];
  /** Addresses that the observer must reach to have a say: nodes of the other observer's place. */
  readonly controls: readonly string[];
}

/** An answer that takes longer is as good as none to an application, and the watch looks once a second. */
const PROBE_SECONDS = 1;

/**
 * Everything side by side, so that a dead site costs one time-out. A host that refuses a connection is alive: something sent the
 * refusal. The server's greeting starts with its length (3 bytes), a number, and the protocol's version or 0xff for an error.
 */
const PROBE = `
limit=$1 database=$2 port=$3; shift 3
alive() {
  timeout "$limit" bash -c ': < "/dev/tcp/$0/22"' "$1" 2>/dev/null; code=$?
  [ "$code" -ne 124 ] && ping -c1 -W"$limit" "$1" >/dev/null 2>&1 || [ "$code" -eq 0 ]
}
greeting() {
  timeout "$limit" bash -c 'exec 3<>"/dev/tcp/$0/$1" || exit 7; head -c 7 <&3 | od -An -tx1' "$database" "$port" 2>/dev/null
  echo "code $?"
}
scratch=$(mktemp -d); trap 'rm -rf "$scratch"' EXIT
greeting > "$scratch/database" &
for target in "$@"; do
  case $target in --) kind=control ;; *) ( alive "$target" && : > "$scratch/\${kind:-node}.$target" ) & ;; esac
done
wait
cat "$scratch/database"
cd "$scratch" && ls
`;

/** One look at a site from the node behind `shell`; one exchange. Rejects when the observer itself cannot be asked. */
export async function probeFrom(shell: Shell, targets: ProbeTargets, signal: AbortSignal): Promise<Probe> {
  const { database, nodes, controls } = targets;
  const args = [`${PROBE_SECONDS}`, database.host, `${database.port}`, ...nodes, "--", ...controls];
  const { stdout } = await shell.run(script(PROBE, ...args), signal);
  const lines = stdout.split("\n").map((line) => line.trim());
  return {
    control: lines.some((line) => line.startsWith("control.")),
    site: lines.some((line) => line.startsWith("node.")),
    database: databaseAnswer(lines),
  };
}

function databaseAnswer(lines: readonly string[]): Probe["database"] {
  const bytes = lines.find((line) => /^([0-9a-f]{2} ){4,}/.test(line))?.split(" ");
  // Error 1040, "too many connections", in place of a greeting.
  if (bytes?.[4] === "ff") return bytes[5] === "10" && bytes[6] === "04" ? "busy" : "refuses";
  if (bytes !== undefined) return "answers";
  const code = /^code (\d+)$/.exec(lines.find((line) => line.startsWith("code ")) ?? "")?.[1];
  if (code === undefined) throw new HotsiteError("probe-failed", `the probe said: ${lines.join(" | ")}`);
  return code === "124" ? "silent" : "refuses";
}
