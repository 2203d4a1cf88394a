import type { AppParams } from "./params.ts";

interface Unit {
  readonly unit: string;
  readonly summary: string;
  /** Where the program lies: its working directory. */
  readonly folder: string;
  /** Where the Node runtime lies that was sent along. */
  readonly runtime: string;
  /** The file with its environment. */
  readonly environment: string;
  readonly params: AppParams;
}

/** The systemd unit that keeps a program running, as a user that exists only while it does. */
export function unitText({ unit, summary, folder, runtime, environment, params }: Unit): string {
  const words = [programPath(params, folder, runtime), ...params.run.slice(1)];
  const memory = params.memory === undefined ? "" : `MemoryMax=${params.memory}M\n`;
  return `[Unit]
Description=${summary}
After=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart=${words.map(quoted).join(" ")}
WorkingDirectory=${folder}
EnvironmentFile=${environment}
DynamicUser=yes
StateDirectory=${unit}
Restart=always
RestartSec=1
TimeoutStopSec=${params.stopTimeoutSeconds}
# A JVM that ends at SIGTERM says 143.
SuccessExitStatus=143
${memory}NoNewPrivileges=true
PrivateDevices=true
ProtectControlGroups=true
ProtectKernelTunables=true
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE

[Install]
WantedBy=multi-user.target
`;
}

/** Where the first word of `run` lies on the node. */
export function programPath(
  { run: [program = ""], node }: Pick<AppParams, "run" | "node">,
  folder: string,
  runtime: string,
): string {
  if (program.startsWith("/")) return program;
  if (program === "node") return node === undefined ? "/usr/bin/node" : `${runtime}/bin/node`;
  return program === "java" ? "/usr/bin/java" : `${folder}/${program.replace(/^\.\//, "")}`;
}

/** A word of ExecStart, in which systemd itself finds nothing to replace. */
function quoted(word: string): string {
  const escaped = word
    .replaceAll(/[\\"]/g, String.raw`\$&`)
    .replaceAll("$", "$$$$")
    .replaceAll("%", "%%");
  return `"${escaped}"`;
}
