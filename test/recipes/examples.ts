import { fileURLToPath } from "node:url";
import type { Service, SiteRole } from "../../core/recipe.ts";
import { secret, Secret } from "../../core/secret.ts";
import { gateway } from "../../recipes/gateway.ts";
import { haproxy } from "../../recipes/haproxy.ts";
import { kafka } from "../../recipes/kafka/kafka.ts";
import { locate } from "../../recipes/local-path.ts";
import { mysql } from "../../recipes/mysql/mysql.ts";
import { petclinic, petclinicDatabase } from "../../recipes/petclinic.ts";
import { text } from "../../recipes/text.ts";
import { tomcat } from "../../recipes/tomcat/tomcat.ts";
import { war } from "../../recipes/tomcat/war.ts";
import { witness } from "../../recipes/witness.ts";
import { contextFor } from "./context.ts";
import type { Example } from "./contract.ts";

/** The folder of the example application, to which its paths are relative. */
export const clinicFolder = fileURLToPath(new URL("../../examples/petclinic", import.meta.url));

/** The same service once its paths were looked up. */
export async function located<S extends Service>(service: S): Promise<S> {
  await locate(service, clinicFolder);
  return service;
}

export const clinicDatabase = () =>
  mysql("db", {
    databases: { petclinic: petclinicDatabase, my_shop: {} },
    users: {
      clinic: { password: secret.generated(), grants: { petclinic: "ALL" } },
      report: {
        password: secret.env("REPORT"),
        grants: { my_shop: ["SELECT", "SHOW VIEW"] },
        requireTls: false,
      },
    },
    settings: { "wait-timeout": 600 },
  });

/** What the lifecycle adds for a replicated database. */
export const replicated = {
  identity: { serverId: 201, domain: 2 },
  replication: {
    schema: "CREATE DATABASE IF NOT EXISTS hotsite;\n",
    grants: ["GRANT SELECT ON x.* TO 'hotsite_applier'@'%'"],
  },
  witness: { urls: ["https://10.0.0.9:7443/authority", "https://10.0.0.10:7443/authority"] },
};

const archive = { path: "/tmp/some.tgz", sha256: "ab".repeat(32) };
const programs = { runtime: archive, bundle: { ...archive, sha256: "cd".repeat(32) } };
const server = { host: "10.0.0.1", port: 3306, password: new Secret("SECRET-db") };

export async function databaseExample(
  role: SiteRole = "primary",
  wired: object = replicated,
): Promise<Example> {
  const service = clinicDatabase();
  await locate(service, clinicFolder);
  return { service, context: contextFor(service, { node: { role }, wired }) };
}

export async function warExample(): Promise<Example> {
  const db = clinicDatabase();
  const wire = db.jdbc("petclinic", "clinic");
  const service = war("web", {
    war: "./sql/data.sql",
    contextPath: "/shop/front",
    dataSources: { "jdbc/main": wire, "jdbc/other": { jdbc: wire, maxTotal: 5 } },
    systemProperties: { "db.url": text`${wire.url}&user=${wire.user}&password=${wire.password}` },
    environment: { DB_PASSWORD: wire.password, API_KEY: secret.env("API_KEY"), WORKERS: 4 },
    files: { "WEB-INF/classes/db.properties": text`url=${wire.url}`, "/etc/tomcat10/extra.conf": "x" },
    jars: ["./sql/schema.sql"],
  });
  await locate(service, clinicFolder);
  return { service, context: contextFor(service, { others: [db] }) };
}

export async function petclinicExample(): Promise<Example> {
  const db = clinicDatabase();
  const service = petclinic("web", {
    database: db.jdbc("petclinic", "clinic"),
    instances: { initial: 2, max: 6 },
  });
  await locate(service, clinicFolder);
  return { service, context: contextFor(service, { others: [db] }) };
}

export function tomcatExample(): Example {
  const service = tomcat("pages", {
    environment: { TOKEN: secret.generated() },
    files: { "/etc/tomcat10/a": "b" },
  });
  return { service, context: contextFor(service) };
}

export async function archiveExample(): Promise<Example> {
  const db = clinicDatabase();
  const archived = war("web", {
    tomcat: { archive: "./sql/schema.sql", version: "11.0.18" },
    java: 17,
    war: "./sql/data.sql",
    dataSources: { "jdbc/main": db.jdbc("petclinic", "clinic") },
    entries: { "mail/password": secret.env("MAIL_PASSWORD") },
    conf: { "app.properties": text`token=${secret.env("TOKEN")}` },
    files: { "WEB-INF/logo.txt": { from: "./sql/data.sql" } },
  });
  return { service: await located(archived), context: contextFor(archived, { others: [db] }) };
}

export function haproxyExample(): Example {
  const service = haproxy("balancer", {
    port: 80,
    tls: { port: 443 },
    stats: { password: secret.generated() },
  });
  const wired = {
    config: "global\n",
    lua: "-- hold\n",
    rules: "",
    initial: { "/etc/haproxy/hotsite/gate.map": "till 0\n" },
  };
  return { service, context: contextFor(service, { wired }) };
}

export function gatewayExample(): Example {
  const service = gateway("gateway", {});
  const wired = {
    ...programs,
    source: { ...server, site: "east" },
    target: server,
    databases: ["petclinic"],
  };
  return { service, context: contextFor(service, { wired }) };
}

export function witnessExample(): Example {
  const service = witness("witness", {});
  return { service, context: contextFor(service, { wired: programs }) };
}

export async function kafkaExample(): Promise<Example> {
  // Any file will do as an archive while nothing is run.
  const service = await located(kafka("bus", { version: { archive: "./sql/data.sql" } }));
  return { service, context: contextFor(service) };
}
