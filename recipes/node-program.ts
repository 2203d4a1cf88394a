import { z } from "zod";
import { command, file, script, type Command, type NodeFile } from "../core/command.ts";
import type { LifecycleHooks } from "../core/recipe.ts";
import { check } from "./checks.ts";
import { REMOVE_COMMON } from "./common.ts";
import type { Secret } from "../core/secret.ts";
import { REMOVE_ACCOUNT, SYSTEM_ACCOUNT, UNPACK } from "./shell-functions.ts";
import { CONFINED, lastLines, systemd } from "./systemd.ts";

/** An archive on this machine, as the lifecycle hands it in. */
const archive = z.strictObject({
  path: z.string().startsWith("/"),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** What the lifecycle adds for every program of ours. */
export const programWired = {
  /** Holds `bin/node`. */
  runtime: archive,
  /** Holds `main.mjs` and what it loads. */
  bundle: archive,
};

type Archives = z.output<z.ZodObject<typeof programWired>>;

/** A part of Hotsite that runs on a node, with a Node runtime of its own, as a systemd unit. */
export interface NodeProgram {
  readonly name: "gateway" | "witness";
  readonly summary: string;
  /** Its configuration, without secrets. */
  readonly config: unknown;
  /** Files that only the program may read, by name. */
  readonly credentials: Readonly<Record<string, Secret>>;
  readonly memoryMb: number;
}

/** The unit of a program. */
function unitOf(name: NodeProgram["name"]): string {
  return `hotsite-${name}`;
}

/** Where a running program finds one of its credentials. */
export function credentialPath(name: NodeProgram["name"], credential: string): string {
  return `/run/${unitOf(name)}/credentials/${credential}`;
}

/** The parts of a recipe that every program of ours has; `ask` is the verb that answers once it runs. */
export function programParts<S extends { readonly wired: Archives }>(
  name: NodeProgram["name"],
  programOf: (scope: S) => NodeProgram,
  ask: { readonly verb: string; readonly summary: string },
) {
  const question = command(`/opt/hotsite/${name}/bin/${name}`, ask.verb);
  return {
    packages: ["curl"],
    service: systemd(unitOf(name)),
    hooks: (scope: S): LifecycleHooks => ({
      afterConfigure: [programSetup(programOf(scope), scope.wired)],
      afterUninstall: [programRemoval(name)],
    }),
    ready: check(question, { explain: lastLines(unitOf(name)) }),
    commands: { [ask.verb]: { summary: ask.summary, run: () => question } },
  };
}

export function programFiles(program: NodeProgram, archives: Archives): readonly NodeFile[] {
  const { name, config, credentials } = program;
  const settings = `/etc/hotsite/${name}`;
  const restarts = { restarts: true };
  return [
    ...[archives.runtime, archives.bundle].map(({ path, sha256 }) =>
      file(`/opt/hotsite/${name}/archives/${sha256}.tgz`, { local: path }, restarts),
    ),
    file(`/opt/hotsite/${name}/bin/${name}`, wrapper(name, archives), { mode: 0o755, restarts: true }),
    file(`${settings}/${name}.json`, `${JSON.stringify(config, undefined, 2)}\n`, restarts),
    // Owned by root; the unit gives the program a copy of its own. (systemd's LoadCredential needs mounts that containers forbid.)
    ...Object.entries(credentials).map(([key, secret]) =>
      file(`${settings}/credentials/${key}`, secret, { mode: 0o600, restarts: true }),
    ),
    file(`/etc/systemd/system/${unitOf(name)}.service`, unit(program), restarts),
  ];
}

/** Unpacks the archives beside older ones and makes the user. */
function programSetup({ name }: NodeProgram, { runtime, bundle }: Archives): Command {
  return script(SET_UP, `/opt/hotsite/${name}`, unitOf(name), runtime.sha256, bundle.sha256);
}

function programRemoval(name: NodeProgram["name"]): Command {
  return script(
    REMOVE,
    unitOf(name),
    `/opt/hotsite/${name}`,
    `/etc/hotsite/${name}`,
    `/var/lib/${unitOf(name)}`,
  );
}

function wrapper(name: string, { runtime, bundle }: Archives): string {
  const folder = `/opt/hotsite/${name}`;
  return `#!/bin/sh\nexec ${folder}/${runtime.sha256}/bin/node ${folder}/${bundle.sha256}/main.mjs ${name} "$@"\n`;
}

function unit({ name, summary, credentials, memoryMb }: NodeProgram): string {
  const copy = `install -D -m 0400 -o ${unitOf(name)} -t /run/${unitOf(name)}/credentials`;
  const files = Object.keys(credentials).map((key) => `/etc/hotsite/${name}/credentials/${key}`);
  const give = files.length === 0 ? "" : `ExecStartPre=+/usr/bin/${copy} ${files.join(" ")}\n`;
  return `[Unit]
Description=Hotsite: ${summary}
After=network-online.target
StartLimitIntervalSec=0

[Service]
${give}ExecStart=/opt/hotsite/${name}/bin/${name} run
User=${unitOf(name)}
StateDirectory=${unitOf(name)}
StateDirectoryMode=0700
RuntimeDirectory=${unitOf(name)}
RuntimeDirectoryMode=0750
Restart=always
RestartSec=1
MemoryMax=${memoryMb}M
${CONFINED}
CapabilityBoundingSet=

[Install]
WantedBy=multi-user.target
`;
}

const SET_UP = `
set -eu
${SYSTEM_ACCOUNT}
${UNPACK}
folder=$1 user=$2; shift 2
system_account "$user"
for version; do unpack "$folder/archives/$version.tgz" "$folder/$version"; done`;

const REMOVE = `
${REMOVE_ACCOUNT}
user=$1; shift
rm -rf "$@"
${REMOVE_COMMON}
remove_account "$user"`;
