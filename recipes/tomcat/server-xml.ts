import { xmlAttributes, type Attributes } from "./escape.ts";
import type { TomcatParams } from "./params.ts";

/** Where Tomcat looks for applications and certificates. */
export interface ServerOptions extends Pick<
  TomcatParams,
  "port" | "tlsPort" | "maxThreads" | "connector" | "trustedProxies" | "accessLog" | "drainSeconds"
> {
  readonly appBase: string;
  readonly tlsFolder: string;
  /** Of this node; ends session identifiers, so that a balancer can tell whose they are. */
  readonly route: string;
}

/** Tomcat's `server.xml`. TLS lies between the balancer and Tomcat: what the client used is told by the balancer's headers. */
export function serverXml(options: ServerOptions): string {
  const { appBase, route, drainSeconds } = options;
  const host = { name: "localhost", appBase, unpackWARs: true, autoDeploy: false };
  return `<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1" shutdown="off">
  <Listener className="org.apache.catalina.startup.VersionLoggerListener" logArgs="false"/>
  <Listener className="org.apache.catalina.core.JreMemoryLeakPreventionListener"/>
  <Listener className="org.apache.catalina.core.ThreadLocalLeakPreventionListener"/>
  <Service name="Catalina" gracefulStopAwaitMillis="${drainSeconds * 1000}">
${connectors(options).join("\n")}
    <Engine${xmlAttributes({ name: "Catalina", defaultHost: "localhost", jvmRoute: route })}>
      <Host${xmlAttributes(host)}>
${valves(options).join("\n")}
      </Host>
    </Engine>
  </Service>
</Server>
`;
}

function connectors({ port, tlsPort, maxThreads, connector, tlsFolder }: ServerOptions): readonly string[] {
  const common = { protocol: "HTTP/1.1", maxThreads, connectionTimeout: 20_000, server: "web", ...connector };
  const plain = `    <Connector${xmlAttributes({ ...common, port })}/>`;
  if (tlsPort === false) return [plain];
  const files = {
    certificateFile: `${tlsFolder}/certificate.pem`,
    certificateKeyFile: `${tlsFolder}/key.pem`,
  };
  return [
    plain,
    `    <Connector${xmlAttributes({ ...common, port: tlsPort, SSLEnabled: true })}>`,
    `      <SSLHostConfig protocols="TLSv1.2+TLSv1.3">`,
    `        <Certificate${xmlAttributes(files)}/>`,
    `      </SSLHostConfig>`,
    `    </Connector>`,
  ];
}

function valves({ trustedProxies, accessLog }: ServerOptions): readonly string[] {
  const report = { showReport: false, showServerInfo: false };
  return [
    ...(trustedProxies === false ? [] : [valve("RemoteIpValve", remoteIp(trustedProxies))]),
    valve("ErrorReportValve", report),
    ...(accessLog === false ? [] : [valve("AccessLogValve", logged(accessLog))]),
  ];
}

function remoteIp(internalProxies: string | undefined): Attributes {
  const headers = { protocolHeader: "x-forwarded-proto", portHeader: "x-forwarded-port" };
  return internalProxies === undefined ? headers : { internalProxies, ...headers };
}

function logged({ keepDays, pattern }: Exclude<ServerOptions["accessLog"], false>): Attributes {
  const files = { directory: "logs", prefix: "access", suffix: ".log", maxDays: keepDays };
  return { ...files, pattern, requestAttributesEnabled: true };
}

function valve(name: string, attributes: Attributes): string {
  return `        <Valve${xmlAttributes({ className: `org.apache.catalina.valves.${name}`, ...attributes })}/>`;
}
