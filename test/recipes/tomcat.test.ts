import { describe, expect, test } from "@jest/globals";
import { z } from "zod";
import type { NodeFile } from "../../core/command.ts";
import { Secret } from "../../core/secret.ts";
import { extendRecipe } from "../../recipes/extend.ts";
import { tomcat } from "../../recipes/tomcat/tomcat.ts";
import { tomcatSource } from "../../recipes/tomcat/version.ts";
import { war } from "../../recipes/tomcat/war.ts";
import { contextFor, planned } from "./context.ts";
import { clinicDatabase, clinicFolder, located } from "./examples.ts";

const archive = "./sql/schema.sql";

/** Any file does: nothing is unpacked here. */
function tomcatOf(version: string): { archive: string; version: string } {
  return { archive, version };
}

async function planOf(params: object): Promise<ReturnType<typeof planned>> {
  return planned(await located(tomcat("pages", params)));
}

function textOf(files: readonly NodeFile[], end: string): string {
  const content = files.find(({ path }) => path.endsWith(end))?.content;
  return content instanceof Secret ? content.reveal() : (content as string);
}

function faultsOf(params: object): string {
  try {
    planned(tomcat("pages", params));
    return "none";
  } catch (error) {
    return (error as Error).message;
  }
}

describe("which Tomcat", () => {
  test.each([
    ["9.0.98", "9.0.98"],
    [{ archive: "./apache-tomcat-10.1.34.tar.gz" }, "10.1.34"],
    [{ archive: { maven: "org.apache.tomcat:tomcat:11.0.2:tar.gz" } }, "11.0.2"],
    [
      { archive: { url: "https://example.org/apache-tomcat-11.0.18.tar.gz", sha512: "0".repeat(128) } },
      "11.0.18",
    ],
    [{ archive: "./ours.tar.gz", version: "11.0.18" }, "11.0.18"],
  ])("%j is %s", (given, version) => {
    expect(tomcatSource.parse(given)).toMatchObject({ kind: "archive", version });
  });

  test.each([["8.5.100"], ["10.0.27"], ["latest"], [{ archive: "./ours.tar.gz" }], [11]])(
    "%j is refused",
    (given) => {
      expect(tomcatSource.safeParse(given).success).toBe(false);
    },
  );

  test.each([
    ["11.0.18", { java: 11 }, /java: Tomcat 11\.0\.18 needs Java 17 or newer \(found 11\)/],
    ["10.1.34", { java: 8 }, /java: Tomcat 10\.1\.34 needs Java 11 or newer/],
    ["debian", { java: 8 }, /java: Debian's Tomcat 10\.1 needs Java 11 or newer/],
    ["11.0.18", { java: 17, javaHome: "/opt/jdk" }, /javaHome: contradicts java/],
    ["11.0.18", { javaHome: "jdk" }, /javaHome: should be an absolute path/],
  ])("%s with %j is refused", (version, java, message) => {
    expect(faultsOf({ tomcat: version, ...java })).toMatch(message);
  });

  test("is refused together with all else that is wrong", () => {
    const message = faultsOf({ tomcat: "11.0.18", java: 11, heap: "much", prot: 80 });
    for (const path of ["java", "heap", "prot"]) expect(message).toContain(`services.pages.${path}: `);
  });

  test.each([
    ["9.0.98", {}, ["default-jre-headless", "libmariadb-java"]],
    ["11.0.18", { java: 17 }, ["openjdk-17-jre-headless", "libmariadb-java"]],
    ["11.0.18", { javaHome: "/opt/jdk" }, ["libmariadb-java"]],
  ])("%s with %j needs %j of Debian", async (version, java, packages) => {
    const plan = await planOf({ tomcat: tomcatOf(version), ...java });
    expect(plan.packages).toEqual([...packages, "curl", "ca-certificates"]);
  });
});

describe("a Tomcat from an archive", () => {
  test("has a unit, a user and folders of its own", async () => {
    const { units, files } = await planOf({ tomcat: tomcatOf("11.0.18"), drainSeconds: 30 });
    expect(units).toEqual(["tomcat-pages"]);
    const unit = textOf(files, "/tomcat-pages.service");
    expect(unit).toContain("User=tomcat-pages\n");
    expect(unit).toMatch(
      /CATALINA_HOME=\/opt\/hotsite\/pages\/tomcat\/11\.0\.18-\w+ CATALINA_BASE=\/var\/lib\/tomcat-pages /,
    );
    expect(unit).toContain("TimeoutStopSec=50\n");
    expect(textOf(files, "/conf/server.xml")).toContain('gracefulStopAwaitMillis="30000"');
    expect(files.filter(({ path }) => path.includes("tomcat10"))).toEqual([]);
  });

  test("has a user that Linux accepts, also for a service with a long name", async () => {
    const service = await located(tomcat("b".repeat(31), { tomcat: tomcatOf("11.0.18") }));
    const [, user = ""] = /User=(.*)/.exec(textOf(planned(service).files, ".service")) ?? [];
    expect(user.length).toBeLessThanOrEqual(32);
  });
});

describe("server.xml", () => {
  test("has what the config says of its connectors, proxies and log", async () => {
    const { files } = await planOf({
      port: 80,
      tlsPort: false,
      maxThreads: 50,
      connector: { compression: "on", maxPostSize: 1000 },
      trustedProxies: String.raw`10\.1\.\d+\.\d+`,
      accessLog: { pattern: '%a "%r"' },
    });
    const xml = textOf(files, "/server.xml");
    expect(xml.match(/<Connector/g)).toHaveLength(1);
    expect(xml).toMatch(
      /<Connector [^>]*maxThreads="50"[^>]*compression="on" maxPostSize="1000" port="80"\/>/,
    );
    expect(xml).toContain(String.raw`internalProxies="10\.1\.\d+\.\d+"`);
    expect(xml).toContain('pattern="%a &#34;%r&#34;"');
    expect(xml).toContain('maxDays="14"');
  });

  test("can do without proxies and log", async () => {
    const xml = textOf((await planOf({ trustedProxies: false, accessLog: false })).files, "/server.xml");
    expect(xml).not.toMatch(/RemoteIpValve|AccessLogValve/);
  });

  test("an endpoint without a port says what to do", async () => {
    const service = await located(tomcat("pages", { tlsPort: false }));
    expect(() => contextFor(tomcat("other", {}), { others: [service] }).value(service.https)).toThrow(
      /pages\.https is used, and tlsPort is false/,
    );
  });
});

describe("files of a Tomcat", () => {
  test("come from texts and from this machine, and never replace what Hotsite writes", async () => {
    const { files } = await planOf({ conf: { "app/a.xml": "<a/>", "b.sql": { from: "./sql/data.sql" } } });
    expect(textOf(files, "/etc/tomcat10/app/a.xml")).toBe("<a/>");
    expect(files.find(({ path }) => path === "/etc/tomcat10/b.sql")?.content).toEqual({
      local: `${clinicFolder}/sql/data.sql`,
    });
    for (const name of ["server.xml", "Catalina/localhost/ROOT.xml", "../a", "/etc/a"])
      expect(faultsOf({ conf: { [name]: "x" } })).toMatch(/is written by Hotsite|should be a relative path/);
  });
});

describe("what an application finds in JNDI", () => {
  async function contextXml(params: object): Promise<string> {
    const db = clinicDatabase();
    const service = await located(war("web", { war: "./sql/data.sql", ...params }));
    return textOf(service.recipe.plan(contextFor(service, { others: [db] })).files, "/ROOT.xml");
  }

  test("are pools with options, further resources and entries with their Java types", async () => {
    const jdbc = clinicDatabase().jdbc("petclinic", "clinic");
    const xml = await contextXml({
      dataSources: { "jdbc/a": { jdbc, options: { maxConnLifetimeMillis: 60_000, testOnBorrow: false } } },
      resources: {
        "mail/Session": { type: "jakarta.mail.Session", attributes: { "mail.smtp.host": jdbc.host } },
      },
      contextParameters: { maxDepth: 3 },
      contextAttributes: { sessionCookieName: "SHOP", docBase: "/elsewhere" },
      contextElements: '<CookieProcessor sameSiteCookies="strict"/>',
      entries: { limit: 5, ratio: 0.5, open: true, greeting: "Grüß <Gott>" },
    });
    expect(xml).toContain('testOnBorrow="false"');
    expect(xml).toContain('maxConnLifetimeMillis="60000"');
    expect(xml).toContain(
      '<Resource name="mail/Session" auth="Container" type="jakarta.mail.Session" mail.smtp.host="10.111.0.11"/>',
    );
    expect(xml).toContain('<Environment name="limit" type="java.lang.Integer" value="5" override="false"/>');
    expect(xml).toMatch(/<Context sessionCookieName="SHOP" docBase="\/opt\/hotsite\/web\/app\//);
    expect(xml).toContain('<Parameter name="maxDepth" value="3" override="false"/>');
    expect(xml).toContain('<CookieProcessor sameSiteCookies="strict"/></Context>');
    expect(xml).toContain('name="ratio" type="java.lang.Double"');
    expect(xml).toContain('name="open" type="java.lang.Boolean"');
    expect(xml).toContain('type="java.lang.String" value="Grüß &#60;Gott&#62;"');
  });

  test("a data source with MySQL's driver brings it, unless the config does", () => {
    const jdbc = clinicDatabase().jdbc("petclinic", "clinic", { driver: "mysql" });
    const jars = (more: object): readonly string[] =>
      war("web", { war: "x.war", dataSources: { "jdbc/a": jdbc }, ...more }).params.jars.map(
        ({ path }) => path,
      );
    expect(jars({})).toEqual([expect.stringMatching(/^com\.mysql:mysql-connector-j:/)]);
    expect(jars({ jars: ["./mysql-connector-j-8.4.0.jar"] })).toEqual(["./mysql-connector-j-8.4.0.jar"]);
  });
});

test("a recipe made from war can say its own default of a parameter, and keeps its refusals", () => {
  const shop = extendRecipe("shop", war, { params: { health: z.string().default("/login") } });
  expect(shop("web", { war: "shop.war" }).params.health).toBe("/login");
  expect(() => planned(shop("web", { war: "shop.war", tomcat: "11.0.18", java: 11 }))).toThrow(
    /needs Java 17/,
  );
});
