import { describe, expect, test } from "@jest/globals";
import { PreflightError } from "../../core/errors.ts";
import type { NodePlan } from "../../core/recipe.ts";
import { Secret, secret } from "../../core/secret.ts";
import { faultsCarriedBy } from "../../recipes/faulty.ts";
import { locate } from "../../recipes/local-path.ts";
import { mysql } from "../../recipes/mysql/mysql.ts";
import type { MysqlInput } from "../../recipes/mysql/params.ts";
import { clientOf } from "../../recipes/mysql/server.ts";
import { contextFor } from "./context.ts";
import { clinicFolder } from "./examples.ts";

/** Any file will do as an archive while nothing is run. */
const archive = "./sql/data.sql";

const database = (params: MysqlInput) =>
  mysql("db", {
    databases: { shop: {} },
    users: { shop: { password: secret.generated(), grants: { shop: "ALL" } } },
    ...params,
  });

async function planOf(params: MysqlInput): Promise<NodePlan> {
  const service = database(params);
  await locate(service, clinicFolder);
  return service.recipe.plan(contextFor(service));
}

async function textOf(params: MysqlInput, end: string): Promise<string> {
  const found = (await planOf(params)).files.find(({ path }) => path.endsWith(end));
  const content = found?.content;
  if (content instanceof Secret) return content.reveal();
  return typeof content === "string" ? content : "";
}

describe("a database server of another flavour or source", () => {
  test.each<[MysqlInput, string, readonly string[], readonly string[]]>([
    [
      {},
      "90-hotsite.cnf",
      ["[mariadb]", "gtid-strict-mode = ON", "expire-logs-days = 7"],
      ["gtid-mode", "basedir"],
    ],
    [
      { source: { archive } },
      "server.cnf",
      ["[mariadb]", "gtid-strict-mode = ON", "basedir = /opt/hotsite/db/"],
      ["init-file"],
    ],
    [
      { flavour: "mysql", source: { archive }, binlogDays: 2 },
      "server.cnf",
      [
        "[mysqld]",
        "gtid-mode = ON",
        "enforce-gtid-consistency = ON",
        "binlog-expire-logs-seconds = 172800",
        "init-file",
      ],
      ["gtid-strict-mode", "log-slave-updates", "expire-logs-days"],
    ],
  ])("has settings that it understands: %j", async (params, file, wanted, unwanted) => {
    const settings = await textOf(params, file);
    for (const line of wanted) expect(settings).toContain(line);
    for (const line of unwanted) expect(settings).not.toContain(`\n${line}`);
  });

  test("is sized by the config, or on the node by a half of its memory", async () => {
    expect(await textOf({ memory: "2GB" }, "90-hotsite.cnf")).toContain(
      "innodb-buffer-pool-size = 1024M\ninnodb-log-file-size = 256M\n",
    );
    expect(await textOf({ flavour: "mysql", source: { archive }, memory: "auto" }, "server.cnf")).toContain(
      "\n!include /etc/hotsite/db/memory.cnf\n[mysqld]\n",
    );
    expect(await textOf({ memory: "auto" }, "90-hotsite.cnf")).not.toContain("buffer-pool");
  });

  test("runs as a unit of its own, and keeps its data apart from any other server's", async () => {
    const { units, keeps } = await planOf({ source: { archive } });
    expect(units).toEqual(["hotsite-mysql-db"]);
    expect(keeps).toEqual({ "/var/lib/hotsite-mysql-db": "the databases of db: shop" });
    expect((await planOf({})).keeps).toEqual({ "/var/lib/mysql": "the databases of db: shop" });
  });

  test("gives MySQL's administrator a password that only root reads", async () => {
    const params: MysqlInput = { flavour: "mysql", source: { archive } };
    expect(await textOf(params, "root.sql")).toContain(
      "ALTER USER 'root'@'localhost' IDENTIFIED BY 'SECRET-root';",
    );
    const { files } = await planOf(params);
    expect(files.filter(({ path }) => /client\.cnf|root\.sql/.test(path)).map(({ mode }) => mode)).toEqual([
      0o600, 0o600,
    ]);
  });

  test.each<[MysqlInput, string]>([
    [{ flavour: "mysql", source: "node" }, "services.db.source"],
    [{ version: "11.x" }, "services.db.version"],
    [{ source: { debian: "Trixie 13" } }, "services.db.source.debian"],
    [{ settings: { "gtid-mode": "OFF" } }, "services.db.settings.gtid-mode"],
    [{ memory: "64MB" }, "services.db.memory"],
  ])("is refused with a reason: %j", (params, path) => {
    expect(faultsCarriedBy(database(params)).map((fault) => fault.path)).toContain(path);
  });

  test("is steered through its own client", () => {
    expect(clientOf(database({ flavour: "mysql" }))).toBe("/opt/hotsite/db/bin/mysql");
    expect(clientOf(database({}))).toBe("mariadb");
    expect(clientOf(database({ source: { debian: "trixie" } }))).toBe("/opt/hotsite/db/bin/mariadb");
  });

  test("an archive that is not there is a fault before anything is launched", async () => {
    await expect(locate(database({ source: { archive: "./none.tar.gz" } }), clinicFolder)).rejects.toThrow(
      PreflightError,
    );
  });
});
