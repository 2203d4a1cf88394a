import { createHash } from "node:crypto";
import { isAbsolute } from "node:path";
import { command, either, file, script, type NodeFile } from "../../core/command.ts";
import type { Check, RecipeContext } from "../../core/recipe.ts";
import { httpOk } from "../checks.ts";
import { defineRecipe } from "../define.ts";
import { systemd } from "../systemd.ts";
import { removeTomcat } from "./archive.ts";
import { contextXml } from "./context-xml.ts";
import { extraFile, setUpTomcat, tomcatFiles, tomcatPackages } from "./files.ts";
import { FOR_TOMCAT, foldersOf, placeOf } from "./place.ts";
import { threadDump, tomcatEndpoints, tomcatMetrics } from "./tomcat.ts";
import { warParams, type WarParams } from "./war-params.ts";

/** Any web application on Tomcat: a .war or a folder, pointed at its databases by JNDI, system properties, environment or files. */
export const war = defineRecipe("war", {
  params: warParams,
  packages: tomcatPackages,
  files: warFiles,
  service: (scope) => systemd(placeOf(scope).unit),
  hooks: (scope) => ({
    afterConfigure: [
      ...setUpTomcat(scope, warFiles(scope)),
      script(MAKE_FOLDER, layoutOf(scope).appBase, placeOf(scope).account),
    ],
    // Tomcat stays up when an application fails to start, with a database that is read-only or away, say. Only a restart helps then.
    beforeStart: [either(warReady(scope).command, command("systemctl", "stop", placeOf(scope).unit))],
    afterStart: [script(PRUNE, layoutOf(scope).version)],
    afterUninstall: [removeTomcat(scope)],
  }),
  ready: warReady,
  endpoints: (ref) => tomcatEndpoints(ref),
  commands: { threads: threadDump<WarParams>() },
  metrics: tomcatMetrics<WarParams>(),
});

/** Where the parts of one version of the application lie. Another version has other folders, so that no file of the old one remains. */
function layoutOf(context: RecipeContext<WarParams>): {
  version: string;
  docBase: string;
  appBase: string;
  overlay: string | undefined;
} {
  const { war: source, files } = context.params;
  const laid = Object.keys(files).filter((path) => !isAbsolute(path));
  const name = createHash("sha256")
    .update([source.located.hash, ...laid.sort()].join("\0"))
    .digest("hex");
  const version = `${foldersOf(context).software}/app/${name.slice(0, 16)}`;
  return {
    version,
    docBase: source.located.files === undefined ? `${version}/app.war` : `${version}/app`,
    appBase: `${version}/unpacked`,
    overlay: laid.length === 0 ? undefined : `${version}/overlay`,
  };
}

function warFiles(context: RecipeContext<WarParams>): readonly NodeFile[] {
  const { params } = context;
  const layout = layoutOf(context);
  const name = params.contextPath === "/" ? "ROOT" : params.contextPath.slice(1).replaceAll("/", "#");
  return [
    ...tomcatFiles(context, { appBase: layout.appBase }),
    ...applicationFiles(context, layout.docBase),
    file(`${placeOf(context).conf}/Catalina/localhost/${name}.xml`, contextXml(context, layout), FOR_TOMCAT),
    ...Object.entries(params.files).map(([path, content]) =>
      extraFile(context, isAbsolute(path) ? path : `${layout.version}/overlay/${path}`, content),
    ),
  ];
}

function applicationFiles({ params }: RecipeContext<WarParams>, docBase: string): readonly NodeFile[] {
  const { path, files } = params.war.located;
  if (files === undefined) return [file(docBase, { local: path })];
  return files.map((name) => file(`${docBase}/${name}`, { local: `${path}/${name}` }));
}

function warReady(context: RecipeContext<WarParams>): Check {
  const { readyTimeoutSeconds, healthStatuses: statuses } = context.params;
  const { logs, unit } = placeOf(context);
  const timeoutMs = readyTimeoutSeconds * 1000;
  const [hopeless, explain] = [script(HAS_FAILED, unit), script(EXPLAIN, logs, unit)];
  return httpOk(healthUrl(context), { timeoutMs, statuses, hopeless, explain });
}

function healthUrl({ params: { port, contextPath, health } }: RecipeContext<WarParams>): string {
  return `http://127.0.0.1:${port}${contextPath === "/" ? "" : contextPath}${health}`;
}

// What the user of another Tomcat unpacked, this one cannot read.
const MAKE_FOLDER = `
[ ! -d "$1" ] || [ "$(stat -c %U "$1")" = "$2" ] || rm -rf "$1"
install -d -m 750 -o "$2" -g "$2" "$1"`;

// The version before stays, so that going back to it sends nothing again.
const PRUNE = `
ls -td "$(dirname "$1")"/*/ | grep -vxF "$1/" | tail -n +2 | while IFS= read -r other; do rm -rf "$other"; done`;

// Tomcat has started for good, and the application has not: it is not tried again.
const HAS_FAILED = `
pid=$(systemctl show --property MainPID --value "$1")
[ "\${pid:-0}" != 0 ] || exit 1
log=$(journalctl --boot --no-pager --output cat "_PID=$pid")
case $log in *"Server startup in"*) ;; *) exit 1 ;; esac
case $log in *"startup failed due to previous errors"* | *"Error deploying deployment descriptor"*) ;; *) exit 1 ;; esac`;

// What went wrong inside an application is in the host's log or in the journal, lost among calls. Some say it in very long lines.
const EXPLAIN = `
told() { grep -v -e '^[[:space:]]*at ' -e '^[[:space:]]*[.][.][.] [0-9]* ' | tail -n "$1" | cut -c 1-1000; }
log=$(ls -t "$1"/localhost.*.log 2>/dev/null | head -n 1)
[ -z "$log" ] || told 25 <"$log"
journalctl --unit "$2" --lines 500 --no-pager --output cat | told 20`;
