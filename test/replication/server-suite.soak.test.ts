import { expect, jest, test } from "@jest/globals";
import { HotsiteError } from "../../core/errors.ts";
import { ServerLink, type ServerName } from "./server-link.ts";
import { SuiteRun, suiteDatabases } from "./server-suite-run.ts";
import { suiteScripts, type SuiteName } from "./server-suite-files.ts";
import { statementsOf, type SuiteScript } from "./server-suite.ts";

jest.setTimeout(7_200_000);

const [source, target] = (process.env["HOTSITE_PAIR"] ?? "MariaDB 10.11 to MariaDB 10.11").split(" to ") as [
  ServerName,
  ServerName,
];
/** Whose tests: each server understands most of the other's. */
const tests: SuiteName = source.startsWith("MariaDB") ? "mariadb" : "mysql";
const usual: Readonly<Record<SuiteName, string>> = {
  mariadb: "main/type_,main/alter_,main/create,main/default,main/check_,main/foreign,suite/vcol,suite/gcol",
  mysql: "t/type_,t/alter_table,t/create,t/default,t/check_,t/foreign,suite/gcol,suite/json",
};
/** Paths begin with one of these words. */
const chosen = (process.env["HOTSITE_SUITE"] ?? usual[tests]).split(",");
/** No disk has to keep what is thrown away. */
const fast = [
  "--sync-binlog=0",
  "--innodb-flush-log-at-trx-commit=0",
  "--innodb-lock-wait-timeout=1",
  "--lock-wait-timeout=2",
];

const patienceMs = Number(process.env["HOTSITE_PATIENCE"] ?? 600) * 1000;

/** Whether what each script leaves behind is also brought by a first copy. */
const copies = process.env["HOTSITE_COPY"] !== undefined;

/** A script ends here, done or not. */
const longestMs = Number(process.env["HOTSITE_LONGEST"] ?? 60) * 1000;

/** Tables of one may refer to those of another. */
const dropAll = [
  "SET foreign_key_checks = 0",
  ...suiteDatabases.map((name) => `DROP DATABASE IF EXISTS ${name}`),
];

/** Broken off: the script has taken away the account that it is run with. */
type Outcome = "equal" | "stopped" | "different" | "broken off";

test(`from ${source} to ${target} a link follows what a server's own tests do, or stops with a reason`, async () => {
  const bad: string[] = [];
  let suite = await SuiteLink.start();
  try {
    for (const script of await suiteScripts(tests, chosen)) {
      const { outcome, why } = await suite.follow(script);
      process.stderr.write(`${script.path}: ${outcome} ${suite.said}${why === "" ? "" : `\n    ${why}`}\n`);
      if (outcome === "different") bad.push(`${script.path}: ${why}`);
      if (suite.usable) continue;
      await suite[Symbol.asyncDispose]();
      suite = await SuiteLink.start();
    }
  } finally {
    await suite[Symbol.asyncDispose]();
  }
  expect(bad).toEqual([]);
});

class SuiteLink implements AsyncDisposable {
  usable = true;
  said = "";
  readonly #link: ServerLink;

  private constructor(link: ServerLink) {
    this.#link = link;
  }

  static async start(): Promise<SuiteLink> {
    const link = await ServerLink.start(suiteDatabases, { source, target, extra: fast });
    const grants = suiteDatabases.map((name) => `GRANT ALL ON ${name}.* TO app@'127.0.0.1'`);
    // Accounts do not travel.
    for (const server of [link.east, link.west])
      await server.query("SET sql_log_bin = 0", "CREATE USER app@'127.0.0.1'", ...grants);
    const suite = new SuiteLink(link);
    try {
      await link.east.query(...suiteDatabases.map((name) => `CREATE DATABASE ${name}`));
      link.run();
      await link.reach();
      await suite.#clean();
      return suite;
    } catch (error) {
      await suite[Symbol.asyncDispose]();
      throw error;
    }
  }

  async follow(script: SuiteScript): Promise<{ outcome: Outcome; why: string }> {
    const begun = Date.now();
    const { east } = this.#link;
    await east.query("CREATE DATABASE IF NOT EXISTS test", "CREATE DATABASE IF NOT EXISTS kept");
    const run = new SuiteRun(east);
    try {
      await run.run(await statementsOf(script), begun + longestMs);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== "ER_ACCESS_DENIED_ERROR") throw error;
      this.usable = false;
      return { outcome: "broken off", why: message };
    }
    this.said = `(${run.done} of ${run.asked} statements, ${Math.round((Date.now() - begun) / 100) / 10} s)`;
    try {
      await this.#compare();
      if (copies) {
        this.said += " and its first copy";
        await this.#link.copyAgain();
        await this.#compare();
      }
      await this.#clean();
      return { outcome: "equal", why: "" };
    } catch (error) {
      if (!(error instanceof HotsiteError) || error.retryable) {
        this.usable = false;
        const why = error instanceof Error ? error.message : String(error);
        return { outcome: "different", why: `${why}\n    ${await this.#rows()}` };
      }
      return this.#goOn(error);
    }
  }

  async #compare(): Promise<void> {
    await this.#link.reach(patienceMs);
    if (source === target) {
      await this.#link.expectEqual();
      await this.#link.expectSamePrograms();
    }
    if (source !== target || this.#link.east.flavour === "mysql") await this.#link.expectSameRows();
  }

  /** A definition can differ where rows do not. */
  #rows(): Promise<string> {
    return this.#link.expectSameRows().then(
      () => "the rows are the same",
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
  }

  async #clean(): Promise<void> {
    await this.#link.east.query(...dropAll);
    await this.#link.reach(120_000);
  }

  /** A person leaves out what the link stopped at, again and again, and throws the databases away; or begins with other servers. */
  async #goOn(first: HotsiteError): Promise<{ outcome: Outcome; why: string }> {
    const why = [told(first)];
    let error = first;
    await this.#link.east.query(...dropAll);
    for (let times = 0; times < 200; times += 1) {
      const gtid = error.details["gtid"];
      await this.#link.stop().catch(() => undefined);
      if (typeof gtid === "string") this.#link.run({}, { gtid, reason: "a test", by: "a test" });
      else this.#link.run();
      try {
        await this.#link.reach(60_000);
        return { outcome: "stopped", why: why.slice(0, 12).join("\n    ") };
      } catch (next) {
        if (!(next instanceof HotsiteError)) throw next;
        const text = told(next);
        if (why.includes(text) && next.details["gtid"] === gtid) break;
        why.push(text);
        error = next;
      }
    }
    this.usable = false;
    return { outcome: "stopped", why: ["only a new first copy helps:", ...why].slice(0, 20).join("\n    ") };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#link[Symbol.asyncDispose]();
  }
}

function told(error: HotsiteError): string {
  return `${error.code}: ${error.message.slice(0, 600)} [${error.hint ?? "no hint"}]`;
}
