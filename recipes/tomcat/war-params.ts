import { z } from "zod";
import { artifact, artifactOf } from "../artifact/artifact.ts";
import { JdbcRef, type Jdbc } from "../mysql/jdbc.ts";
import type { LocalPath } from "../local-path.ts";
import { refTo } from "../refs.ts";
import { textValue } from "../text.ts";
import { checkJava } from "./java.ts";
import { fileContent, tomcatShape } from "./params.ts";

const jdbc = refTo<Jdbc>('a database connection, like db.jdbc("shop", "shop")');

const attributeName = z.string().regex(/^[A-Za-z][\w.-]*$/, { error: "should be the name of an attribute" });

const pool = z.strictObject({
  jdbc,
  maxTotal: z.int().min(1).default(20).describe("connections per node"),
  minIdle: z.int().min(0).default(2),
  maxWaitMs: z.int().min(0).default(3000).describe("how long a request waits for a connection"),
  options: z
    .record(attributeName, textValue)
    .default({})
    .describe("further attributes of the pool: maxConnLifetimeMillis, defaultTransactionIsolation"),
});

// A shorthand for a pool with nothing but defaults.
const dataSource = z.union([pool, jdbc.transform((wire) => pool.parse({ jdbc: wire }))], {
  error: 'should be a database connection, like db.jdbc("shop", "shop"), or { jdbc: …, maxTotal: … }',
});

const urlPath = z.string().regex(/^\/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*$/, {
  error: "should be a path that starts with /",
});

const resource = z.strictObject({
  type: z.string().min(1).describe("a Java class: jakarta.mail.Session, javax.sql.DataSource"),
  attributes: z.record(attributeName, textValue).default({}),
});

/** What a config may say of a web application. */
const warShape = {
  ...tomcatShape,
  war: artifact().describe("a .war file, or a folder beside the config that holds what a .war would"),
  contextPath: z
    .string()
    .regex(/^(\/|(\/[A-Za-z0-9._~-]+)+)$/, { error: "should be / or a path like /shop" })
    .default("/"),
  health: urlPath
    .default("/")
    .describe("path below the context path that answers once the application works"),
  healthStatuses: z
    .array(z.int().min(100).max(599))
    .min(1)
    .optional()
    .describe("HTTP statuses of a healthy answer; by default all from 200 to 399"),
  readyTimeoutSeconds: z.int().min(5).max(3600).default(120),
  startsReadOnly: z
    .boolean()
    .default(false)
    .describe("the application starts beside a read-only database, so a hot standby may run it"),
  dataSources: z
    .record(z.string().min(1), dataSource)
    .default({})
    .describe("JNDI resources below java:comp/env"),
  resources: z
    .record(z.string().min(1), resource)
    .default({})
    .describe("further JNDI resources: a mail session, a database that is not of this application"),
  entries: z.record(z.string().min(1), textValue).default({}).describe("JNDI environment entries"),
  contextParameters: z
    .record(z.string().min(1), textValue)
    .default({})
    .describe("what web.xml calls context-param; these win"),
  contextAttributes: z
    .record(attributeName, textValue)
    .default({})
    .describe("further attributes of Tomcat's Context: sessionCookieName, allowLinking"),
  contextElements: textValue
    .default("")
    .describe('further elements of Tomcat\'s Context, as XML: <CookieProcessor sameSiteCookies="strict"/>'),
  files: z
    .record(
      z.string().regex(/^(?!.*(^|\/)\.\.(\/|$))[^\0]+$/, { error: "should be a path without .." }),
      fileContent,
    )
    .default({})
    .describe(
      "further files: by absolute path on the node, or by relative path laid over the application's own",
    ),
};

export const warParams = z
  .strictObject(warShape)
  .superRefine(checkJava)
  .overwrite((params) => ({ ...params, jars: [...params.jars, ...missingDrivers(params)] }));

export type WarParams = z.output<typeof warParams>;
export type WarInput = z.input<typeof warParams>;

/** Debian has no package of it. */
const MYSQL_DRIVER = "com.mysql:mysql-connector-j:9.1.0:jar";

/** MySQL's driver, when a data source asks for it and the config does not bring one: that of a .war is not seen by Tomcat's pool. */
function missingDrivers({ dataSources, jars }: z.output<z.ZodObject<typeof warShape>>): readonly LocalPath[] {
  const wanted = Object.values(dataSources).some(
    ({ jdbc }) => jdbc instanceof JdbcRef && jdbc.driver === "mysql",
  );
  const brought = jars.some(({ path }) => path.includes("mysql-connector"));
  return wanted && !brought ? [artifactOf({ maven: MYSQL_DRIVER })] : [];
}
