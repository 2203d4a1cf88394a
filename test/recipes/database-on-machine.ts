import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import mysqlClient from "mysql2/promise";
import { script } from "../../core/command.ts";
import type { Service } from "../../core/recipe.ts";
import { secret } from "../../core/secret.ts";
import { waitFor } from "../../core/wait.ts";
import { isAlive } from "../../lifecycle/apply.ts";
import { mysql, type MysqlService } from "../../recipes/mysql/mysql.ts";
import type { MysqlInput } from "../../recipes/mysql/params.ts";
import { petclinicDatabase } from "../../recipes/petclinic.ts";
import { RecipeLab, type Place } from "./lab.ts";

/** A kind of server, and how to name one that must not get its data. */
export interface DatabaseKind {
  readonly params: MysqlInput;
  /** The version that it has, as `SELECT VERSION()` begins. */
  readonly version: string;
  /** Runs on the node and must be gone with it. */
  readonly process: string;
  readonly stranger: {
    readonly params: MysqlInput;
    readonly refusal: RegExp;
    /** Its own data would be in another folder. */
    readonly elsewhere: boolean;
  };
}

/** What every kind of database server promises, on a real machine. */
export function describeDatabase(name: string, kind: DatabaseKind): void {
  const db = (more: MysqlInput = {}): MysqlService<string, string> =>
    mysql("db", {
      databases: { petclinic: petclinicDatabase },
      users: { clinic: { password: secret.generated(), grants: { petclinic: "ALL" } } },
      ...kind.params,
      ...more,
    });
  let lab: RecipeLab;
  let place: Place;

  const run = async (text: string, argument: string): Promise<string> =>
    (await place.shell.run(script(text, argument), lab.signal)).stdout;
  const ask = async (statement: string): Promise<unknown> => {
    const { tls } = await lab.context(db(), place);
    const connection = await mysqlClient.createConnection({
      stream: await place.shell.forward("127.0.0.1", 3306, lab.signal),
      user: "clinic",
      password: "SECRET-users.clinic.password",
      database: "petclinic",
      // By the stream there is no host name to compare.
      ssl: { ca: tls.ca, verifyIdentity: false },
    });
    try {
      const [rows] = await connection.query<mysqlClient.RowDataPacket[]>({
        sql: statement,
        rowsAsArray: true,
      });
      return Array.isArray(rows) ? (rows[0] as unknown as unknown[] | undefined)?.[0] : undefined;
    } finally {
      connection.destroy();
    }
  };
  const callable = async (
    service: Service,
    kindOf: "commands" | "metrics",
    called: string,
  ): Promise<string> => {
    const context = await lab.context(service, place);
    const { stdout } = await place.shell.run(
      service.recipe[kindOf][called]!.run(context, ["petclinic"]),
      lab.signal,
    );
    return stdout;
  };

  beforeAll(async () => {
    lab = await RecipeLab.open(580_000);
    place = await lab.launch("db-1", []);
  }, 120_000);

  afterAll(async () => {
    await lab[Symbol.asyncDispose]();
  }, 60_000);

  describe(`a database server: ${name}`, () => {
    test("is installed with its databases, seeds and users, and speaks TLS only", async () => {
      expect(await lab.install(db(), place)).toBe("changed");
      expect(await ask("SELECT VERSION()")).toMatch(kind.version);
      expect(Number(await ask("SELECT COUNT(*) FROM owners"))).toBeGreaterThan(0);
      expect(await ask("SHOW STATUS LIKE 'Ssl_cipher'")).toBe("Ssl_cipher");
      const plain = mysqlClient.createConnection({
        stream: await place.shell.forward("127.0.0.1", 3306, lab.signal),
        ...{ user: "clinic", password: "SECRET-users.clinic.password" },
      });
      await expect(plain).rejects.toThrow();
    }, 240_000);

    test("installing it again changes nothing", async () => {
      expect(await lab.install(db(), place)).toBe("unchanged");
    }, 60_000);

    test("after kill -9 it is not alive, then back with all data", async () => {
      await ask("INSERT INTO vets (id, first_name, last_name) VALUES (900, 'Ada', 'Kept')");
      const work = await lab.work(db(), place);
      await run('systemctl kill --signal KILL "$1"', work.plan.units[0] ?? "");
      const gone = { timeoutMs: 20_000, intervalMs: 20, what: "the server to be found dead" };
      await waitFor(async () => !(await isAlive(work, lab.signal)) || undefined, gone, lab.signal);
      const back = { timeoutMs: 60_000, intervalMs: 200, what: "the server to come back" };
      await waitFor(async () => (await isAlive(work, lab.signal)) || undefined, back, lab.signal);
      expect(await ask("SELECT last_name FROM vets WHERE id = 900")).toBe("Kept");
    }, 90_000);

    test("is measured, dumped, and takes another configuration", async () => {
      expect(Number(await callable(db(), "metrics", "connections"))).toBeGreaterThan(0);
      expect(await callable(db(), "commands", "dump")).toContain("CREATE TABLE `vets`");
      expect(await lab.install(db({ maxConnections: 77, memory: "auto" }), place)).toBe("changed");
      expect(await ask("SELECT @@max_connections")).toBe(77);
      expect(Number(await ask("SELECT @@innodb_buffer_pool_size")) % 1_048_576).toBe(0);
    }, 120_000);

    test("its data outlives it; who comes back finds it, who is a stranger is refused", async () => {
      await lab.remove(db(), place, { deleteData: false });
      expect(await run('pgrep -c "$1" || :', kind.process)).toBe("0");
      const { params, refusal, elsewhere } = kind.stranger;
      await expect(lab.install(db(params), place)).rejects.toThrow(refusal);
      await lab.remove(db(params), place, { deleteData: elsewhere });
      expect(await lab.install(db(), place)).toBe("changed");
      expect(await ask("SELECT last_name FROM vets WHERE id = 900")).toBe("Kept");
    }, 240_000);

    test("removed with its data, it leaves nothing", async () => {
      await lab.remove(db(), place, { deleteData: true });
      expect(await lab.traces(place.shell)).toBe(place.before);
    }, 120_000);
  });
}
