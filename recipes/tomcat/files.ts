import { basename } from "node:path";
import { file, script, type Command, type NodeFile } from "../../core/command.ts";
import type { RecipeContext } from "../../core/recipe.ts";
import { Secret } from "../../core/secret.ts";
import { CA_PATH } from "../common.ts";
import { concat, resolveText, reveal, type Text } from "../text.ts";
import { archiveFiles, archiveSetup, homeOf, leaveArchive } from "./archive.ts";
import { environmentLine, javaProperty } from "./escape.ts";
import { javaLink, javaPackages, linkJava } from "./java.ts";
import type { FileContent, TomcatParams } from "./params.ts";
import { FOR_TOMCAT, foldersOf, giveTo, placeOf } from "./place.ts";
import { serverXml } from "./server-xml.ts";

type Context = RecipeContext<Omit<TomcatParams, "files">>;

/** Debian's packages: Tomcat or the Java for it, and MariaDB's JDBC driver. */
export function tomcatPackages({ params }: Context): readonly string[] {
  const debian = params.tomcat.kind === "debian";
  const plain = debian && params.java === undefined;
  return [
    ...(debian ? ["tomcat10"] : []),
    ...(plain ? [] : javaPackages(params)),
    ...(bringsMariadbDriver(params) ? [] : ["libmariadb-java"]),
    ...["curl", "ca-certificates"],
  ];
}

/** Every file of a Tomcat, except for what an application adds. */
export function tomcatFiles(context: Context, { appBase }: { appBase: string }): readonly NodeFile[] {
  const { params, tls, node } = context;
  const { settings, software } = foldersOf(context);
  const { conf } = placeOf(context);
  const server = serverXml({
    ...params,
    appBase,
    tlsFolder: `${settings}/tls`,
    route: `${node.site}-${node.name}`,
  });
  const { tomcat } = params;
  return [
    ...(tomcat.kind === "archive" ? archiveFiles(context, tomcat) : [dropIn(context, software)]),
    file(`${conf}/server.xml`, server, FOR_TOMCAT),
    // Read by systemd alone, which hands it to the process.
    file(`${settings}/environment`, environment(context), { mode: 0o600, restarts: true }),
    file(`${settings}/system.properties`, systemProperties(context), FOR_TOMCAT),
    file(`${settings}/tls/certificate.pem`, tls.certificate, FOR_TOMCAT),
    file(`${settings}/tls/key.pem`, tls.key, FOR_TOMCAT),
    file(CA_PATH, tls.ca, { restarts: true }),
    ...jars(context).map(({ path, local }) => file(path, { local }, { restarts: true })),
    ...Object.entries(params.conf).map(([name, content]) => extraFile(context, `${conf}/${name}`, content)),
  ];
}

/** A file that the config adds. */
export function extraFile(context: RecipeContext<unknown>, path: string, content: FileContent): NodeFile {
  const local = typeof content === "object" && "from" in content;
  return file(path, local ? { local: content.from.located.path } : resolveText(context, content), FOR_TOMCAT);
}

/** Makes a Tomcat of what was installed and of these files, which are all that belongs to it. Repeatable. */
export function setUpTomcat(context: Context, files: readonly NodeFile[]): readonly Command[] {
  const { params } = context;
  const { settings } = foldersOf(context);
  const { tomcat } = params;
  const place = placeOf(context);
  const debian = tomcat.kind === "debian";
  // Debian's own settings stay; what describes an application is ours alone.
  const folder = debian ? `${place.conf}/Catalina/localhost` : place.conf;
  const defaults = debian ? place.conf : `${homeOf(context, tomcat)}/conf`;
  const plain = debian && params.java === undefined && params.javaHome === undefined;
  return [
    keepOnly(folder, files),
    ...(tomcat.kind === "archive" ? archiveSetup(context, tomcat) : [leaveArchive(context)]),
    ...(plain ? [] : [linkJava(context)]),
    giveTo(place, files),
    script(JOIN_PROPERTIES, `${defaults}/catalina.properties`, settings, place.account),
  ];
}

/** Removes what an older config wrote into this folder. */
function keepOnly(folder: string, files: readonly NodeFile[]): Command {
  const inside = files.map(({ path }) => path).filter((path) => path.startsWith(`${folder}/`));
  return script(KEEP_ONLY, folder, ...inside);
}

function environment(context: Context): string | Secret {
  const { params, node, application } = context;
  const { settings } = foldersOf(context);
  const java = params.java !== undefined || params.javaHome !== undefined;
  const own: Record<string, Text> = {
    HOTSITE_APPLICATION: application,
    HOTSITE_SITE: node.site,
    HOTSITE_NODE: node.name,
    ...(java && params.tomcat.kind === "debian" ? { JAVA_HOME: javaLink(context) } : {}),
    CATALINA_OPTS: [
      `-Xmx${params.heap}m`,
      // A JVM without memory answers nothing; systemd starts a new one.
      "-XX:+ExitOnOutOfMemoryError",
      `-Dcatalina.config=file:${settings}/catalina.properties`,
      ...params.jvmOptions,
    ].join(" "),
  };
  return lines(context, { ...params.environment, ...own }, environmentLine);
}

function systemProperties(context: Context): string | Secret {
  const paths = [
    "${catalina.base}/lib",
    "${catalina.base}/lib/*.jar",
    "${catalina.home}/lib",
    "${catalina.home}/lib/*.jar",
  ];
  const debian = bringsMariadbDriver(context.params) ? [] : ["/usr/share/java/mariadb-java-client.jar"];
  const loader = [...paths, ...debian, ...jars(context).map(({ path }) => path)];
  const own = { "common.loader": loader.map((path) => `"${path}"`).join(",") };
  return lines(context, { ...context.params.systemProperties, ...own }, javaProperty);
}

function lines(
  context: RecipeContext<unknown>,
  values: Readonly<Record<string, Text>>,
  line: (name: string, value: string) => string,
): string | Secret {
  return concat(
    Object.entries(values).map(([name, value]) => {
      const resolved = resolveText(context, value);
      const written = line(name, reveal(resolved));
      return resolved instanceof Secret ? new Secret(written) : written;
    }),
  );
}

/** Two versions of one driver on a class path: which one is used would be left to chance. */
function bringsMariadbDriver({ jars }: Pick<TomcatParams, "jars">): boolean {
  return jars.some(({ path }) => path.includes("mariadb-java-client"));
}

function jars(context: Context): readonly { path: string; local: string }[] {
  return context.params.jars.map(({ located: { path: local, hash } }) => ({
    path: `${foldersOf(context).software}/lib/${hash.slice(0, 12)}/${basename(local)}`,
    local,
  }));
}

/** How long Debian's Tomcat may take to stop once the requests in progress have had their time. */
const STOP_SECONDS = 20;

function dropIn(context: Context, software: string): NodeFile {
  const text = `[Service]
EnvironmentFile=${foldersOf(context).settings}/environment
Restart=always
RestartSec=1
TimeoutStopSec=${context.params.drainSeconds + STOP_SECONDS}
ReadWritePaths=-${software}
`;
  return file("/etc/systemd/system/tomcat10.service.d/hotsite.conf", text, { restarts: true });
}

// Tomcat reads one file: its own properties come first, so that ours win.
const JOIN_PROPERTIES = `
umask 027
cat "$1" "$2/system.properties" >"$2/catalina.properties.new" &&
  chgrp "$3" "$2/catalina.properties.new" && mv "$2/catalina.properties.new" "$2/catalina.properties"`;

const KEEP_ONLY = `
folder=$1; shift
[ -d "$folder" ] || exit 0
find "$folder" -type f | while IFS= read -r path; do
  printf '%s\\n' "$@" | grep -qxF -- "$path" || rm -f "$path"
done`;
