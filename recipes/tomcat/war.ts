import { createHash } from "node:crypto";
import { isAbsolute } from "node:path";
import { file, script, type NodeFile } from "../../core/command.ts";
import type { Check, RecipeContext } from "../../core/recipe.ts";
import { httpOk } from "../checks.ts";
import { defineRecipe } from "../define.ts";
import { systemd } from "../systemd.ts";
import { resolveText } from "../text.ts";
import { contextXml } from "./context-xml.ts";
import {
  foldersOf,
  FOR_TOMCAT,
  joinProperties,
  removeFolders,
  tomcatFiles,
  TOMCAT_PACKAGES,
} from "./files.ts";
import { threadDump, tomcatEndpoints, tomcatMetrics } from "./tomcat.ts";
import { warParams, type WarParams } from "./war-params.ts";

/** Any web application on Tomcat: a .war or a folder, pointed at its databases by JNDI, system properties, environment or files. */
export const war = defineRecipe("war", {
  params: warParams,
  packages: TOMCAT_PACKAGES,
  files: warFiles,
  service: systemd("tomcat10"),
  hooks: (scope) => ({
    afterConfigure: [joinProperties(scope), script(MAKE_FOLDER, layoutOf(scope).appBase)],
    beforeStart: [script(STOP_UNLESS_WORKING, healthUrl(scope))],
    afterStart: [script(PRUNE, layoutOf(scope).version)],
    afterUninstall: [removeFolders(scope)],
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
    file(`/etc/tomcat10/Catalina/localhost/${name}.xml`, contextXml(context, layout), FOR_TOMCAT),
    ...Object.entries(params.files).map(([path, content]) =>
      file(
        isAbsolute(path) ? path : `${layout.version}/overlay/${path}`,
        resolveText(context, content),
        FOR_TOMCAT,
      ),
    ),
  ];
}

function applicationFiles({ params }: RecipeContext<WarParams>, docBase: string): readonly NodeFile[] {
  const { path, files } = params.war.located;
  if (files === undefined) return [file(docBase, { local: path })];
  return files.map((name) => file(`${docBase}/${name}`, { local: `${path}/${name}` }));
}

function warReady(context: RecipeContext<WarParams>): Check {
  const timeoutMs = context.params.readyTimeoutSeconds * 1000;
  return httpOk(healthUrl(context), { timeoutMs, explain: script(EXPLAIN) });
}

function healthUrl({ params: { port, contextPath, health } }: RecipeContext<WarParams>): string {
  return `http://127.0.0.1:${port}${contextPath === "/" ? "" : contextPath}${health}`;
}

const MAKE_FOLDER = `install -d -m 750 -o tomcat -g tomcat "$1"`;

// Tomcat stays up when an application fails to start, with a database that is read-only or away, say. Only a restart helps then.
const STOP_UNLESS_WORKING = `
systemctl is-active --quiet tomcat10 || exit 0
status=$(curl -s -o /dev/null -w '%{http_code}' --max-time 5 "$1")
case $status in 2??|3??) ;; *) systemctl stop tomcat10 ;; esac`;

const PRUNE = `
for other in "$(dirname "$1")"/*; do
  [ "$other" = "$1" ] || rm -rf "$other"
done`;

// What went wrong inside an application is in the host's log; the journal tells of Tomcat itself.
const EXPLAIN = `
log=$(ls -t /var/log/tomcat10/localhost.*.log 2>/dev/null | head -n 1)
[ -z "$log" ] || tail -n 25 "$log"
journalctl --unit tomcat10 --lines 15 --no-pager --output cat`;
