import { basename } from "node:path";
import { command, file, script, type Command, type NodeFile } from "../../core/command.ts";
import type { Endpoint } from "../../core/driver.ts";
import { PreflightError } from "../../core/errors.ts";
import type { Check, RecipeContext } from "../../core/recipe.ts";
import { check, httpOk, tcpOpen } from "../checks.ts";
import { CA_PATH, REMOVE_COMMON } from "../common.ts";
import { defineRecipe } from "../define.ts";
import { environmentFile, placeVariables } from "../environment.ts";
import { lastLines, systemd, unitMemory } from "../systemd.ts";
import { resolveText, type Text } from "../text.ts";
import { appParams, type AppParams } from "./params.ts";
import { programPath, unitText } from "./unit.ts";

type Context = RecipeContext<AppParams>;

/** Any program that stays in the foreground, as a systemd service: from a folder, an archive or one file; on Node, on Java, or by itself. */
export const app = defineRecipe("app", {
  params: appParams,
  packages: ({ params }) => [
    ...(params.port === undefined ? [] : ["curl"]),
    ...(params.run[0] === "java" ? [javaPackage(params.java)] : []),
    ...(params.run[0] === "node" && params.node === undefined ? ["nodejs"] : []),
    ...params.packages,
  ],
  files: appFiles,
  service: ({ service }) => systemd(unitOf(service)),
  hooks: (context) => ({
    afterConfigure: setUp(context),
    afterStart: [script(PRUNE, layoutOf(context).version)],
    afterUninstall: [script(REMOVE, ...foldersOf(context))],
  }),
  ready: readyOf,
  expose: ({ port }) => (port === undefined ? [] : [port]),
  endpoints: (ref) => ({
    /** The first instance. */
    http: ref("http", ({ node, params }): Endpoint => ({ host: node.address, port: params.port ?? 80 })),
    /** Every instance: `10.0.0.5:8000,10.0.0.6:8000`. */
    addresses: ref("addresses", ({ nodes, params }) =>
      nodes.map(({ address }) => `${address}:${params.port ?? 80}`).join(","),
    ),
  }),
  metrics: {
    memory: {
      unit: "bytes",
      summary: "memory of its processes",
      run: ({ service }) => unitMemory(unitOf(service)),
    },
    restarts: {
      unit: "times",
      summary: "it ended by itself and was started again",
      run: ({ service }) =>
        command("systemctl", "show", "--property", "NRestarts", "--value", unitOf(service)),
    },
  },
});

/** The systemd unit of a service. */
function unitOf(service: string): string {
  return `app-${service}`;
}

function javaPackage(version: number | undefined): string {
  return version === undefined ? "default-jre-headless" : `openjdk-${version}-jre-headless`;
}

/** Where the parts of one version lie. Another version has another folder, so that no file of the old one remains. */
function layoutOf({ service, params }: Context): {
  readonly version: string;
  readonly archive: string;
  readonly runtime: string;
} {
  const software = `/opt/hotsite/${service}`;
  const name = params.source.located.hash.slice(0, 16);
  const runtime = params.node?.located.hash.slice(0, 16) ?? "none";
  return {
    version: `${software}/app/${name}`,
    archive: `${software}/archives/${name}-${basename(params.source.located.path)}`,
    runtime: `${software}/runtime/${runtime}`,
  };
}

function foldersOf({ service }: Context): readonly string[] {
  const state = ["/var/lib", "/var/lib/private"].map((folder) => `${folder}/${unitOf(service)}`);
  return [`/etc/hotsite/${service}`, `/opt/hotsite/${service}`, ...state];
}

function isArchive({ params }: Context): boolean {
  return /\.(tgz|tar\.gz)$/.test(params.source.located.path);
}

function appFiles(context: Context): readonly NodeFile[] {
  const { params, service, node } = context;
  const { version, runtime } = layoutOf(context);
  const environment = `/etc/hotsite/${service}/environment`;
  // What programs keep for themselves, like caches, goes where they may write: a user for the moment has no home.
  const home = `/var/lib/${unitOf(service)}`;
  const port: Record<string, Text> = params.port === undefined ? {} : { PORT: params.port };
  const unit = unitText({
    unit: unitOf(service),
    folder: version,
    runtime,
    environment,
    params,
    summary: `${service} on ${node.site}/${node.name}`,
  });
  return [
    ...sourceFiles(context),
    ...(params.node === undefined
      ? []
      : [file(`${runtime}.tgz`, { local: params.node.located.path }, { restarts: true })]),
    // Read by systemd alone, which hands it to the process.
    file(
      environment,
      environmentFile(context, { ...placeVariables(context), HOME: home, ...port, ...params.environment }),
      {
        mode: 0o600,
        restarts: true,
      },
    ),
    file(`/etc/systemd/system/${unitOf(service)}.service`, unit, { restarts: true }),
    file(CA_PATH, context.tls.ca, { restarts: true }),
    ...Object.entries(params.files).map(([path, content]) => extraFile(context, path, content)),
  ];
}

/** The user that could own it exists only while the program runs, so nobody but it could be kept from reading. */
function extraFile(context: Context, path: string, content: Text): NodeFile {
  const resolved = resolveText(context, content);
  if (typeof resolved === "string") return file(path, resolved, { restarts: true });
  throw new PreflightError(`services.${context.service}`, [
    {
      path: `services.${context.service}.files.${path}`,
      problem: "holds a secret, and everybody on the node could read it",
      remedy: "hand the secret over in environment",
    },
  ]);
}

function sourceFiles(context: Context): readonly NodeFile[] {
  const { path } = context.params.source.located;
  const { version, archive, runtime } = layoutOf(context);
  const to = isArchive(context) ? archive : `${version}/${basename(path)}`;
  const mode = to === programPath(context.params, version, runtime) ? 0o755 : 0o644;
  return [file(to, { local: path }, { restarts: true, mode })];
}

function setUp(context: Context): readonly Command[] {
  const { version, archive, runtime } = layoutOf(context);
  return [
    ...(isArchive(context)
      ? [
          script(UNPACK, archive, version),
          script(MAKE_EXECUTABLE, programPath(context.params, version, runtime), version),
        ]
      : []),
    ...(context.params.node === undefined ? [] : [script(UNPACK, `${runtime}.tgz`, runtime)]),
  ];
}

function readyOf({ params, service }: Context): Check {
  const { port, health } = params;
  const options = { timeoutMs: params.readyTimeoutSeconds * 1000, explain: lastLines(unitOf(service)) };
  if (port === undefined)
    return check(command("systemctl", "is-active", "--quiet", unitOf(service)), options);
  return health === undefined ? tcpOpen(port, options) : httpOk(`http://127.0.0.1:${port}${health}`, options);
}

// Never half: what is there is whole.
const UNPACK = `
[ ! -d "$2" ] || exit 0
rm -rf "$2.new" && mkdir -p "$2.new" &&
  tar -xzf "$1" -C "$2.new" --no-same-owner && chmod -R a+rX "$2.new" && mv -T "$2.new" "$2"`;

// Some ways of packing lose the right.
const MAKE_EXECUTABLE = `case $1 in "$2"/*) [ ! -f "$1" ] || chmod a+x "$1" ;; esac`;

const PRUNE = `
for other in "$(dirname "$1")"/*; do
  [ "$other" = "$1" ] || rm -rf "$other"
done`;

const REMOVE = `rm -rf "$@"; ${REMOVE_COMMON}`;
