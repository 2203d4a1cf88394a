import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { script } from "../../core/command.ts";
import type { Service } from "../../core/recipe.ts";
import { secret } from "../../core/secret.ts";
import { isAlive } from "../../lifecycle/apply.ts";
import { mysql } from "../../recipes/mysql/mysql.ts";
import { petclinic, petclinicDatabase } from "../../recipes/petclinic.ts";
import { text } from "../../recipes/text.ts";
import { war } from "../../recipes/tomcat/war.ts";
import { RecipeLab, type Answer, type Place } from "./lab.ts";
import { zipOf } from "./zip.ts";

const db = mysql("db", {
  databases: { petclinic: petclinicDatabase, shop: {} },
  users: {
    clinic: { password: secret.generated(), grants: { petclinic: "ALL" } },
    shop: { password: secret.generated(), grants: { shop: "ALL" } },
  },
});

let lab: RecipeLab;
let data: Place;
let web: Place;

beforeAll(async () => {
  lab = await RecipeLab.open(580_000);
  [data, web] = await Promise.all([lab.launch("db-1", []), lab.launch("web-1", [8080])]);
  lab.place(db, data);
  await lab.install(db, data);
}, 300_000);

afterAll(async () => {
  await lab[Symbol.asyncDispose]();
}, 60_000);

describe("a database and the applications that use it, on real machines", () => {
  test("PetClinic is served from its database and tells which node answered", async () => {
    await lab.install(clinic(), web);
    expect(await get("/health")).toEqual({
      status: 200,
      body: expect.stringContaining('"ok":true,"readOnly":false'),
    });
    const owners = await get("/owners?lastName=O'");
    expect(owners.body).toContain("Jean O&#39;Connell");
    expect(owners.body).toContain("<strong>web-1</strong> in <strong>east</strong>");
    expect((await get("/vets")).body).toContain("Dušan Kovač");
  }, 240_000);

  test("what people enter is kept, shown escaped, and sent once", async () => {
    const added = await post("/owners/new", {
      ...{
        first_name: "Ada<script>",
        last_name: "Ünal'\"; --",
        address: "1 Way",
        city: "Town",
        telephone: "555 1",
      },
    });
    expect(added).toMatchObject({ status: 303, location: expect.stringMatching(/^\/owners\/view\?id=\d+$/) });
    expect((await get(added.location)).body).toContain("Ada&lt;script&gt; Ünal&#39;&quot;; --");
    const ownerId = new URLSearchParams(added.location.split("?")[1]).get("id") ?? "";
    expect(
      await post(`/pets/new?ownerId=${ownerId}`, { name: "Rex", birth_date: "2024-02-29", type_id: "2" }),
    ).toMatchObject({ status: 303 });
    expect(
      await post("/visits/new?petId=1", { visit_date: "2026-11-21", description: "check-up" }),
    ).toMatchObject({
      status: 303,
      location: "/owners/view?id=1",
    });
    expect((await get("/owners/view?id=1")).body).toContain("check-up");
  });

  test("what is not right is said at the field, and nothing is saved", async () => {
    const answer = await post("/visits/new?petId=1", { visit_date: "2026-02-31", description: " " });
    expect(answer.status).toBe(422);
    expect(answer.body).toContain("Date must be a date");
    expect(answer.body).toContain("Description is required");
    expect((await get("/owners/view?id=nobody")).status).toBe(404);
  });

  test("on a read-only database it is healthy, reads, and says that nothing was saved", async () => {
    await sql("SET GLOBAL read_only = ON");
    expect((await get("/health")).body).toContain('"ok":true,"readOnly":true');
    expect((await get("/owners")).status).toBe(200);
    const answer = await post("/visits/new?petId=1", { visit_date: "2026-11-21", description: "lost" });
    expect(answer).toMatchObject({ status: 503, body: expect.stringContaining("was not saved") });
    await sql("SET GLOBAL read_only = OFF");
  });

  test("installing it again changes nothing", async () => {
    expect(await lab.install(db, data)).toBe("unchanged");
    expect(await lab.install(clinic(), web)).toBe("unchanged");
  }, 60_000);

  test("a database filled before is never filled again, one that was cut short starts from nothing", async () => {
    const work = await lab.work(db, data);
    await data.shell.run(script('rm -f "$1"', "/etc/hotsite/db/provisioned"), lab.signal);
    expect(await isAlive(work, lab.signal)).toBe(false);
    await lab.install(db, data);
    expect((await get("/owners/view?id=1")).body).toContain("check-up");
    await sql(
      "SET sql_log_bin = 0; UPDATE hotsite.seed SET state = 'started' WHERE name = 'petclinic'; DROP TABLE petclinic.visits",
    );
    await data.shell.run(script('rm -f "$1"', "/etc/hotsite/db/provisioned"), lab.signal);
    await lab.install(db, data);
    expect(await sql("SELECT COUNT(*) FROM petclinic.visits")).toBe("4");
  }, 60_000);

  test("a .war built elsewhere, on a Tomcat 11 that replaces Debian's, finds its database in every way", async () => {
    await writeFile(join(lab.folder, "shop.war"), zipOf(shopWar));
    await lab.install(shop(), web);
    expect(await running("tomcat10", "tomcat-web")).toEqual(["tomcat-web"]);
    expect(
      (await get("/store/state.jsp")).body
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean),
    ).toEqual([
      "data source: shop",
      `property: jdbc:mariadb://${data.machine.address}:3306/shop`,
      "environment: SECRET-users.shop.password",
      "file: user=shop",
      "entry: 25 by mail.example",
      "configuration: kept",
      "Apache Tomcat/11.0.18",
    ]);
    expect(
      await web.shell.run(script("ps axww -o args | grep -c '[S]ECRET-users' || true"), lab.signal),
    ).toMatchObject({ stdout: "0" });
  }, 240_000);

  test("a removed application and a removed database leave nothing behind", async () => {
    await Promise.all([lab.remove(shop(), web), lab.remove(db, data)]);
    expect(await lab.traces(web.shell)).toBe(web.before);
    expect(await lab.traces(data.shell)).toBe(data.before);
  }, 120_000);
});

/** That a Tomcat starts soon counts for more here than its speed later. */
const quick = { jvmOptions: ["-XX:TieredStopAtLevel=1"] };

const clinic = (): Service =>
  petclinic("web", { database: db.jdbc("petclinic", "clinic"), heap: "256MB", ...quick });

function shop(): Service {
  const wire = db.jdbc("shop", "shop");
  return war("web", {
    tomcat: "11.0.18",
    war: join(lab.folder, "shop.war"),
    contextPath: "/store",
    health: "/state.jsp",
    heap: "256MB",
    ...quick,
    dataSources: { "jdbc/Shop DB": wire },
    systemProperties: { "shop.url": text`jdbc:mariadb://${wire.host}:${wire.port}/shop` },
    environment: { SHOP_PASSWORD: wire.password },
    entries: { "mail/port": 25, "mail/host": "mail.example" },
    conf: { "shop/extra.txt": "kept" },
    files: { "WEB-INF/classes/shop.properties": text`user=${wire.user}` },
  });
}

const shopWar = {
  "WEB-INF/web.xml": '<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0"/>',
  "WEB-INF/classes/shop.properties": "user=nobody",
  "state.jsp": `<%@ page import="java.sql.*, javax.naming.*, javax.sql.*" %>
<% try (Connection connection = ((DataSource) new InitialContext().lookup("java:comp/env/jdbc/Shop DB")).getConnection()) { %>
data source: <%= connection.getCatalog() %>
<% } %>
property: <%= System.getProperty("shop.url") %>
environment: <%= System.getenv("SHOP_PASSWORD") %>
file: <%= new String(getClass().getClassLoader().getResourceAsStream("shop.properties").readAllBytes()) %>
entry: <%= (Object) InitialContext.doLookup("java:comp/env/mail/port") %> by <%= (Object) InitialContext.doLookup("java:comp/env/mail/host") %>
configuration: <%= java.nio.file.Files.readString(java.nio.file.Path.of(System.getProperty("catalina.base"), "conf/shop/extra.txt")) %>
<%= application.getServerInfo() %>
`,
};

/** Which of these units run. */
async function running(...units: readonly string[]): Promise<readonly string[]> {
  const text = 'for unit; do ! systemctl is-active --quiet "$unit" || echo "$unit"; done';
  const { stdout } = await web.shell.run(script(text, ...units), lab.signal);
  return stdout.split("\n").filter(Boolean);
}

async function sql(statement: string): Promise<string> {
  const { stdout } = await data.shell.run(script('mariadb -BN -e "$1"', statement), lab.signal);
  return stdout;
}

async function get(path: string): Promise<Pick<Answer, "status" | "body">> {
  const { status, body } = await lab.ask(web, path);
  return { status, body };
}

function post(path: string, form: Readonly<Record<string, string>>): Promise<Answer> {
  return lab.ask(web, path, { method: "POST", body: new URLSearchParams(form) });
}
