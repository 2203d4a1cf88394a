import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { script } from "../../core/command.ts";
import type { Service } from "../../core/recipe.ts";
import { secret } from "../../core/secret.ts";
import { waitFor } from "../../core/wait.ts";
import { mysql } from "../../recipes/mysql/mysql.ts";
import { war } from "../../recipes/tomcat/war.ts";
import { RecipeLab, type Place } from "./lab.ts";
import { zipOf } from "./zip.ts";

const db = mysql("db", {
  databases: { shop: {} },
  users: { shop: { password: secret.generated(), grants: { shop: "ALL" } } },
});

/** Neither the javax nor the jakarta names, so that every Tomcat runs it. */
const pages = {
  "WEB-INF/web.xml": "<web-app/>",
  "index.jsp": `<%@ page import="java.sql.*, javax.naming.*, javax.sql.*" %>
<% try (Connection connection = InitialContext.<DataSource>doLookup("java:comp/env/jdbc/shop").getConnection();
        ResultSet row = connection.createStatement().executeQuery("SELECT CURRENT_USER()")) { row.next(); %>
<%= application.getServerInfo() %>, <%= connection.getMetaData().getDriverName() %>, <%= row.getString(1) %><% } %>`,
};

let lab: RecipeLab;
let data: Place;
let web: Place;

beforeAll(async () => {
  lab = await RecipeLab.open(1_500_000);
  [data, web] = await Promise.all([lab.launch("db-1", []), lab.launch("web-1", [8080])]);
  lab.place(db, data);
  await lab.install(db, data);
  await writeFile(join(lab.folder, "shop.war"), zipOf(pages));
}, 400_000);

afterAll(async () => {
  await lab[Symbol.asyncDispose]();
}, 60_000);

describe("one application on one Tomcat after the other", () => {
  test.each([
    ["9.0.98", "mariadb", /^Apache Tomcat\/9\.0\.98, MariaDB/],
    ["10.1.34", "mysql", /^Apache Tomcat\/10\.1\.34, MySQL/],
    ["debian", "mariadb", /^Apache Tomcat\/10\.1\..*Debian.*, MariaDB/],
    ["11.0.18", "mariadb", /^Apache Tomcat\/11\.0\.18, MariaDB/],
    // Back to where it was.
    ["10.1.34", "mysql", /^Apache Tomcat\/10\.1\.34, MySQL/],
  ] as const)(
    "Tomcat %s with the driver of %s takes over from the one before",
    async (version, driver, says) => {
      expect(await lab.install(shop(version, driver), web)).toBe("changed");
      const { body } = await lab.ask(web, "/");
      expect(body.trim()).toMatch(says);
      expect(body).toContain(", shop@%");
      expect(await lab.install(shop(version, driver), web)).toBe("unchanged");
      expect(await javas()).toBe("1");
    },
    400_000,
  );

  test("the last one leaves nothing behind", async () => {
    await lab.remove(shop("10.1.34", "mysql"), web);
    expect(await lab.traces(web.shell)).toBe(web.before);
  }, 120_000);

  test("one that stops lets requests in progress end", async () => {
    const slow = { ...pages, "slow.jsp": `<% out.flush(); Thread.sleep(4000); %>done` };
    await writeFile(join(lab.folder, "shop.war"), zipOf(slow));
    await lab.install(shop("11.0.18", "mariadb"), web);
    const answer = lab.ask(web, "/slow.jsp");
    const wait = { timeoutMs: 30_000, intervalMs: 100, what: "the request to arrive" };
    await waitFor(async () => ((await connections()) > 0 ? true : undefined), wait, lab.signal);
    const { plan } = await lab.work(shop("11.0.18", "mariadb"), web);
    for (const stop of plan.stages.stop) await web.shell.run(stop, lab.signal);
    expect((await answer).body).toContain("done");
  }, 200_000);
});

function shop(version: string, driver: "mariadb" | "mysql"): Service {
  return war("web", {
    tomcat: version,
    war: join(lab.folder, "shop.war"),
    heap: "256MB",
    readyTimeoutSeconds: 240,
    dataSources: { "jdbc/shop": db.jdbc("shop", "shop", { driver }) },
  });
}

async function javas(): Promise<string> {
  const { stdout } = await web.shell.run(script("ps axww -o comm | grep -c '^java$' || true"), lab.signal);
  return stdout.trim();
}

async function connections(): Promise<number> {
  const text = 'ss --no-header --tcp --numeric state established "( sport = :8080 )" | wc -l';
  return Number((await web.shell.run(script(text), lab.signal)).stdout);
}
