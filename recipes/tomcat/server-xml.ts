import { xmlAttribute } from "./escape.ts";
import type { TomcatParams } from "./params.ts";

/** Where Tomcat looks for applications and certificates. */
export interface ServerOptions extends Pick<TomcatParams, "port" | "tlsPort" | "maxThreads"> {
  readonly appBase: string;
  readonly tlsFolder: string;
  /** Of this node; ends session identifiers, so that a balancer can tell whose they are. */
  readonly route: string;
}

/** How long requests in progress may take when Tomcat stops. */
const GRACE_MS = 10_000;

/** Tomcat's `server.xml`. TLS lies between the balancer and Tomcat: what the client used is told by the balancer's headers. */
export function serverXml({ port, tlsPort, maxThreads, appBase, tlsFolder, route }: ServerOptions): string {
  const connector = `protocol="HTTP/1.1" maxThreads="${maxThreads}" connectionTimeout="20000" server="web"`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1" shutdown="off">
  <Listener className="org.apache.catalina.startup.VersionLoggerListener" logArgs="false"/>
  <Listener className="org.apache.catalina.core.JreMemoryLeakPreventionListener"/>
  <Listener className="org.apache.catalina.core.ThreadLocalLeakPreventionListener"/>
  <Service name="Catalina" gracefulStopAwaitMillis="${GRACE_MS}">
    <Connector port="${port}" ${connector}/>
    <Connector port="${tlsPort}" ${connector} SSLEnabled="true">
      <SSLHostConfig protocols="TLSv1.2+TLSv1.3">
        <Certificate certificateFile="${tlsFolder}/certificate.pem" certificateKeyFile="${tlsFolder}/key.pem"/>
      </SSLHostConfig>
    </Connector>
    <Engine name="Catalina" defaultHost="localhost" jvmRoute="${xmlAttribute(route)}">
      <Host name="localhost" appBase="${xmlAttribute(appBase)}" unpackWARs="true" autoDeploy="false">
        <Valve className="org.apache.catalina.valves.RemoteIpValve" protocolHeader="x-forwarded-proto" portHeader="x-forwarded-port"/>
        <Valve className="org.apache.catalina.valves.ErrorReportValve" showReport="false" showServerInfo="false"/>
        <Valve className="org.apache.catalina.valves.AccessLogValve" directory="logs" prefix="access" suffix=".log"
               maxDays="14" pattern="%h %t &quot;%r&quot; %s %b %D" requestAttributesEnabled="true"/>
      </Host>
    </Engine>
  </Service>
</Server>
`;
}
