import { randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { script } from "../../core/command.ts";
import type { Machine } from "../../core/driver.ts";
import type { Service } from "../../core/recipe.ts";
import { secret } from "../../core/secret.ts";
import type { Shell } from "../../core/shell.ts";
import { LocalDriver } from "../../drivers/local/driver.ts";
import { applyPackages, applyService, isAlive, removeService, type Work } from "../../lifecycle/apply.ts";
import { Pki } from "../../lifecycle/pki.ts";
import { locate } from "../../recipes/local-path.ts";
import { mysql } from "../../recipes/mysql/mysql.ts";
import { petclinic, petclinicDatabase } from "../../recipes/petclinic.ts";
import { text } from "../../recipes/text.ts";
import { war } from "../../recipes/tomcat/war.ts";
import { removeAll, shellOn } from "../drivers/lab.ts";
import { loginKey } from "../drivers/claim.ts";
import { contextFor, type Surroundings } from "./context.ts";
import { clinicFolder } from "./examples.ts";
import { zipOf } from "./zip.ts";

const owner = `recipes-${randomBytes(3).toString("hex")}`;
const driver = new LocalDriver();
const signal = AbortSignal.timeout(580_000);
// Every file that is sent listens to it.
setMaxListeners(100, signal);

const db = mysql("db", {
  databases: { petclinic: petclinicDatabase, shop: {} },
  users: {
    clinic: { password: secret.generated(), grants: { petclinic: "ALL" } },
    shop: { password: secret.generated(), grants: { shop: "ALL" } },
  },
});

let folder: string;
let data: Place;
let web: Place;

interface Place {
  readonly machine: Machine;
  readonly shell: Shell;
  readonly before: string;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hotsite-recipes-"));
  [data, web] = await Promise.all([launch("db-1", []), launch("web-1", [8080])]);
  await install(db, data);
}, 300_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await removeAll(driver, owner);
}, 60_000);

describe("a database and the applications that use it, on real machines", () => {
  test("PetClinic is served from its database and tells which node answered", async () => {
    await install(clinic(), web);
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
    expect(await install(db, data)).toBe("unchanged");
    expect(await install(clinic(), web)).toBe("unchanged");
  }, 60_000);

  test("a database filled before is never filled again, one that was cut short starts from nothing", async () => {
    const work = await workOf(db, data);
    await data.shell.run(script('rm -f "$1"', "/etc/hotsite/db/provisioned"), signal);
    expect(await isAlive(work, signal)).toBe(false);
    await install(db, data);
    expect((await get("/owners/view?id=1")).body).toContain("check-up");
    await sql(
      "SET sql_log_bin = 0; UPDATE hotsite.seed SET state = 'started' WHERE name = 'petclinic'; DROP TABLE petclinic.visits",
    );
    await data.shell.run(script('rm -f "$1"', "/etc/hotsite/db/provisioned"), signal);
    await install(db, data);
    expect(await sql("SELECT COUNT(*) FROM petclinic.visits")).toBe("4");
  }, 60_000);

  test("a .war built elsewhere finds its database by data source, property, environment and file", async () => {
    await remove(clinic(), web);
    await writeFile(join(folder, "shop.war"), zipOf(shopWar));
    await install(shop(), web);
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
    ]);
    expect(
      await web.shell.run(script("ps axww -o args | grep -c '[S]ECRET-users' || true"), signal),
    ).toMatchObject({ stdout: "0" });
  }, 240_000);

  test("a removed application and a removed database leave nothing behind", async () => {
    await remove(shop(), web);
    await remove(db, data);
    expect(await traces(web.shell)).toBe(web.before);
    expect(await traces(data.shell)).toBe(data.before);
  }, 120_000);
});

const clinic = (): Service => petclinic("web", { database: db.jdbc("petclinic", "clinic"), heap: "256MB" });

function shop(): Service {
  const wire = db.jdbc("shop", "shop");
  return war("shop", {
    war: join(folder, "shop.war"),
    contextPath: "/store",
    health: "/state.jsp",
    heap: "256MB",
    dataSources: { "jdbc/Shop DB": wire },
    systemProperties: { "shop.url": text`jdbc:mariadb://${wire.host}:${wire.port}/shop` },
    environment: { SHOP_PASSWORD: wire.password },
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
`,
};

async function launch(name: string, expose: readonly number[]): Promise<Place> {
  const claim = {
    id: `${owner}-${name}`,
    owner,
    site: "east",
    name,
    template: {},
    authorizedKey: loginKey.publicKey,
    expose,
  };
  const machine = await driver.launch(claim, signal);
  const shell = await shellOn(machine, signal);
  return { machine, shell, before: await traces(shell) };
}

async function workOf(service: Service, { machine, shell }: Place): Promise<Work> {
  await locate(service, clinicFolder);
  const { site, name, address } = machine;
  const pki = await Pki.open(join(folder, "pki"), "clinic");
  const surroundings: Surroundings = {
    node: { site, name, address },
    others: [db],
    addresses: { db: data.machine.address },
  };
  const context = { ...contextFor(service, surroundings), tls: await pki.node(site, name, address) };
  return { service: service.name, plan: service.recipe.plan(context), shell };
}

async function install(service: Service, place: Place): Promise<string> {
  const work = await workOf(service, place);
  await applyPackages(work, signal);
  return applyService(work, { start: true }, signal);
}

async function remove(service: Service, place: Place): Promise<void> {
  await removeService(await workOf(service, place), signal);
}

async function sql(statement: string): Promise<string> {
  const { stdout } = await data.shell.run(script('mariadb -BN -e "$1"', statement), signal);
  return stdout;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly location: string;
}

async function get(path: string): Promise<Pick<Answer, "status" | "body">> {
  const { status, body } = await ask(path, {});
  return { status, body };
}

function post(path: string, form: Readonly<Record<string, string>>): Promise<Answer> {
  return ask(path, { method: "POST", body: new URLSearchParams(form) });
}

async function ask(path: string, request: RequestInit): Promise<Answer> {
  const { host, port } = web.machine.exposed[8080]!;
  const response = await fetch(`http://${host}:${port}${path}`, { ...request, redirect: "manual", signal });
  return {
    status: response.status,
    body: await response.text(),
    location: response.headers.get("location") ?? "",
  };
}

/** Everything on a node that could be ours; what Debian itself leaves of its packages is not. */
async function traces(shell: Shell): Promise<string> {
  const { stdout } = await shell.run(script(TRACES), signal);
  return stdout;
}

const TRACES = `
find /etc /opt /srv /usr /var -xdev \\( -ipath '*hotsite*' -o -ipath '*mariadb*' -o -ipath '*mysql*' -o -ipath '*tomcat*' \\) \\
  -not -path '/var/cache/*' -not -path '/var/lib/apt/*' -not -path '/var/lib/dpkg/*' -not -path '/var/log/*' \\
  -not -path '/var/lib/hotsite' -not -path '/var/lib/hotsite/.packages*' -not -path '/var/lib/systemd/*' \\
  -not -path '/etc/mysql' -not -path '/etc/mysql/mariadb.conf.d' -not -path '/etc/mysql/debian.cnf' | sort
systemctl list-units --failed --no-legend --plain`;
