import { describe, expect, test } from "@jest/globals";
import type { SiteRole } from "../../core/recipe.ts";
import { PreflightError } from "../../core/errors.ts";
import { Secret, secret } from "../../core/secret.ts";
import { faultsCarriedBy } from "../../recipes/faulty.ts";
import { mysql } from "../../recipes/mysql/mysql.ts";
import { planned } from "./context.ts";
import { commandsOf } from "../../lifecycle/recipe-contract/commands.ts";
import { clinicDatabase, databaseExample, replicated } from "./examples.ts";

async function settingsOf(role: SiteRole, wired: object): Promise<string> {
  const { service, context } = await databaseExample(role, wired);
  const [settings] = service.recipe.plan(context).files;
  return settings?.content as string;
}

/** The SQL that the node's server is fed. */
async function sqlOf(role: SiteRole, wired: object): Promise<string> {
  const { service, context } = await databaseExample(role, wired);
  const fed = commandsOf(service.recipe.plan(context)).flatMap((command) =>
    "stdin" in command && command.stdin !== undefined ? [command.stdin] : [],
  );
  return fed.map((text) => (text instanceof Secret ? text.reveal() : text)).join("");
}

describe("the recipe mysql", () => {
  test("a server with a witness starts read-only in either role; alone, a primary is writable", async () => {
    expect(await settingsOf("primary", replicated)).toContain("read-only = ON\n");
    expect(await settingsOf("standby", replicated)).toContain("read-only = ON\n");
    expect(await settingsOf("standby", {})).toContain("read-only = ON\n");
    expect(await settingsOf("primary", {})).toContain("read-only = OFF\n");
  });

  test("each site has the identity that it was given, and a binlog that can be followed", async () => {
    const settings = await settingsOf("primary", replicated);
    for (const line of [
      "server-id = 201",
      "gtid-domain-id = 2",
      "gtid-strict-mode = ON",
      "binlog-row-image = FULL",
    ])
      expect(settings).toContain(`${line}\n`);
    expect(settings).toContain("wait-timeout = 600\n");
  });

  test("only a primary is sent seeds", async () => {
    const seeds = async (role: SiteRole): Promise<readonly string[]> => {
      const { service, context } = await databaseExample(role);
      return service.recipe
        .plan(context)
        .files.map(({ path }) => path)
        .filter((path) => path.includes("/seed/"));
    };
    expect(await seeds("primary")).toEqual([
      "/etc/hotsite/db/seed/petclinic/01-schema.sql",
      "/etc/hotsite/db/seed/petclinic/02-data.sql",
    ]);
    expect(await seeds("standby")).toEqual([]);
  });

  test("a user gets what the config grants, on exactly the named database", async () => {
    const sql = await sqlOf("primary", replicated);
    expect(sql).toContain("GRANT ALL PRIVILEGES ON `petclinic`.* TO 'clinic'@'%';");
    expect(sql).toContain("GRANT SELECT, SHOW VIEW ON `my\\_shop`.* TO 'report'@'%';");
    expect(sql).toContain("IDENTIFIED BY 'SECRET-users.clinic.password' REQUIRE SSL;");
    expect(sql).toContain("IDENTIFIED BY 'SECRET-users.report.password' REQUIRE NONE;");
  });

  test("users of the replication exist only where there is one, and must use TLS", async () => {
    expect(await sqlOf("standby", replicated)).toContain(
      "'hotsite_applier'@'%' IDENTIFIED BY 'SECRET-applier' REQUIRE SSL",
    );
    expect(await sqlOf("primary", {})).not.toContain("hotsite_applier");
  });

  test("what recovery rests on cannot be set, in any spelling", () => {
    for (const name of ["read_only", "gtid-strict-mode", "sync_binlog", "log_bin"]) {
      expect(() => planned(mysql("db", { settings: { [name]: 0 } }))).toThrow(
        "is set by Hotsite and cannot be changed",
      );
    }
  });

  test("a grant on a database that is not declared, and a name that is taken, are faults", () => {
    const users = {
      clinic: { password: secret.generated(), grants: { clinc: "ALL" as const } },
      root: { password: secret.generated(), grants: {} },
    };
    const wrong = mysql("db", { databases: { clinic: {} }, users });
    expect(() => planned(wrong)).toThrow(PreflightError);
    expect(() => planned(wrong)).toThrow(/users\.clinic\.grants\.clinc: .*\n.*did you mean clinic/);
    expect(() => planned(wrong)).toThrow(/users\.root: is a name that the server or Hotsite needs itself/);
    expect(() => planned(mysql("db", { databases: { hotsite: {} } }))).toThrow(/needs itself/);
  });

  test("a wire to a database or a user that is not declared is a fault, and gives no value", () => {
    const db = clinicDatabase();
    // @ts-expect-error -- the type checker knows the names
    const wire = db.jdbc("petclinc", "clinic");
    expect(faultsCarriedBy(db)).toEqual([
      {
        path: 'services.db.jdbc("petclinc", "clinic").database',
        problem: "is not declared",
        found: '"petclinc"',
        allowed: "petclinic, my_shop",
        remedy: "did you mean petclinic?",
      },
    ]);
    const view = { application: "clinic", nodes: [], params: {}, secrets: {} };
    expect(() => wire.resolve(view)).toThrow(PreflightError);
    expect(() => wire.url.resolve(view)).toThrow(PreflightError);
    // @ts-expect-error -- the type checker knows the names
    db.jdbc("petclinic", "nobody");
    expect(faultsCarriedBy(db)).toMatchObject([{}, { found: '"nobody"', allowed: "clinic, report" }]);
  });
});
