import { basename } from "node:path";
import { file, script, type Command, type NodeFile } from "../../core/command.ts";
import type { RecipeContext } from "../../core/recipe.ts";
import { CA_PATH, REMOVE_COMMON } from "../common.ts";
import { concat, resolveText, reveal, type Text } from "../text.ts";
import { Secret } from "../../core/secret.ts";
import { environmentLine, javaProperty } from "./escape.ts";
import type { TomcatParams } from "./params.ts";
import { serverXml } from "./server-xml.ts";

/** What belongs to the service on its node: settings, and what may be big. */
export function foldersOf({ service }: { service: string }): { settings: string; software: string } {
  return { settings: `/etc/hotsite/${service}`, software: `/opt/hotsite/${service}` };
}

/** Readable by Tomcat and nobody else; a change restarts it. */
export const FOR_TOMCAT = { mode: 0o640, group: "tomcat", restarts: true };

/** Debian packages of Tomcat and of MariaDB's JDBC driver. */
export const TOMCAT_PACKAGES = ["tomcat10", "libmariadb-java", "curl", "ca-certificates"];

/** Every file of a Tomcat, except for what an application adds. */
export function tomcatFiles(
  context: RecipeContext<Omit<TomcatParams, "files">>,
  { appBase }: { appBase: string },
): readonly NodeFile[] {
  const { params, tls, node } = context;
  const { settings, software } = foldersOf(context);
  const server = serverXml({
    ...params,
    appBase,
    tlsFolder: `${settings}/tls`,
    route: `${node.site}-${node.name}`,
  });
  return [
    file("/etc/tomcat10/server.xml", server, FOR_TOMCAT),
    file("/etc/systemd/system/tomcat10.service.d/hotsite.conf", dropIn(settings, software), {
      restarts: true,
    }),
    // Read by systemd alone, which hands it to the process.
    file(`${settings}/environment`, environment(context), { mode: 0o600, restarts: true }),
    file(`${settings}/system.properties`, systemProperties(context), FOR_TOMCAT),
    file(`${settings}/tls/certificate.pem`, tls.certificate, FOR_TOMCAT),
    file(`${settings}/tls/key.pem`, tls.key, FOR_TOMCAT),
    file(CA_PATH, tls.ca, { restarts: true }),
    ...jars(context).map(({ path, local }) => file(path, { local }, { restarts: true })),
  ];
}

/** Puts Debian's properties and ours into the one file that Tomcat reads; ours win. */
export function joinProperties(context: { service: string }): Command {
  return script(JOIN_PROPERTIES, foldersOf(context).settings);
}

/** Removes what the service brought besides packages and files. */
export function removeFolders(context: { service: string }): Command {
  const { settings, software } = foldersOf(context);
  const rest = [
    "/etc/systemd/system/tomcat10.service.d",
    "/etc/tomcat10/Catalina/localhost",
    "/var/cache/tomcat10/Catalina",
  ];
  return script(`rm -rf "$@"; ${REMOVE_COMMON}`, settings, software, CA_PATH, ...rest);
}

function environment(context: RecipeContext<Omit<TomcatParams, "files">>): string | Secret {
  const { params, node, application } = context;
  const { settings } = foldersOf(context);
  const own: Record<string, Text> = {
    HOTSITE_APPLICATION: application,
    HOTSITE_SITE: node.site,
    HOTSITE_NODE: node.name,
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

function systemProperties(context: RecipeContext<Omit<TomcatParams, "files">>): string | Secret {
  const paths = [
    "${catalina.base}/lib",
    "${catalina.base}/lib/*.jar",
    "${catalina.home}/lib",
    "${catalina.home}/lib/*.jar",
  ];
  const drivers = ["/usr/share/java/mariadb-java-client.jar", ...jars(context).map(({ path }) => path)];
  const loader = [...paths, ...drivers].map((path) => `"${path}"`).join(",");
  return lines(context, { ...context.params.systemProperties, "common.loader": loader }, javaProperty);
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

function jars(
  context: RecipeContext<Omit<TomcatParams, "files">>,
): readonly { path: string; local: string }[] {
  return context.params.jars.map(({ located: { path: local, hash } }) => ({
    path: `${foldersOf(context).software}/lib/${hash.slice(0, 12)}/${basename(local)}`,
    local,
  }));
}

function dropIn(settings: string, software: string): string {
  return `[Service]
EnvironmentFile=${settings}/environment
Restart=always
RestartSec=1
TimeoutStopSec=30
ReadWritePaths=-${software}
`;
}

const JOIN_PROPERTIES = `
umask 027
cat /etc/tomcat10/catalina.properties "$1/system.properties" >"$1/catalina.properties.new" &&
  chgrp tomcat "$1/catalina.properties.new" && mv "$1/catalina.properties.new" "$1/catalina.properties"`;
