import { z } from "zod";
import type { Fault } from "../../core/errors.ts";
import { faultsOf, notAmong } from "../../core/faults.ts";
import { Ref } from "../../core/recipe.ts";
import type { Secret } from "../../core/secret.ts";
import { CA_PATH } from "../common.ts";
import { derive, type MakeRef } from "../refs.ts";
import { namedSecret } from "../secrets.ts";
import type { MysqlParams } from "./params.ts";

/** Everything that a Java application needs to reach a database. */
export interface Jdbc {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: Secret;
  readonly driver: string;
  readonly url: string;
}

/** A JDBC connection as a wire; its parts can be used alone in texts: `db.jdbc("shop", "shop").url`. */
export class JdbcRef extends Ref<Jdbc> {
  /** Whose driver it is for. */
  readonly driver: keyof typeof DRIVERS;
  readonly #part: <K extends keyof Jdbc>(name: K) => Ref<Jdbc[K]>;

  constructor(ref: Ref<Jdbc>, driver: keyof typeof DRIVERS = "mariadb") {
    super(ref.service, ref.label, ref.resolve);
    this.driver = driver;
    this.#part = (name) => derive(ref, name, (jdbc) => jdbc[name]);
  }

  get url(): Ref<string> {
    return this.#part("url");
  }

  get user(): Ref<string> {
    return this.#part("user");
  }

  get password(): Ref<Secret> {
    return this.#part("password");
  }

  get host(): Ref<string> {
    return this.#part("host");
  }

  get port(): Ref<number> {
    return this.#part("port");
  }
}

export interface JdbcOptions {
  /** Whose URLs the driver in use understands: MariaDB's (on Tomcat's class path already) or MySQL's Connector/J. */
  readonly driver?: "mariadb" | "mysql";
  /** Added to the URL; undefined takes a default away. */
  readonly parameters?: Readonly<Record<string, string | undefined>>;
}

const DRIVERS = {
  mariadb: {
    name: "org.mariadb.jdbc.Driver",
    // The second name of the same setting is for versions before 3.
    parameters: { sslMode: "verify-full", useSsl: "true", serverSslCert: CA_PATH },
  },
  mysql: { name: "com.mysql.cj.jdbc.Driver", parameters: { sslMode: "REQUIRED" } },
};

const jdbcOptions = z.strictObject({
  driver: z.enum(["mariadb", "mysql"]).optional(),
  parameters: z.record(z.string(), z.string().optional()).optional(),
}) satisfies z.ZodType<JdbcOptions>;

/** The endpoint as a config writes it. */
export function jdbcLabel(database: string, user: string): string {
  return `jdbc(${JSON.stringify(database)}, ${JSON.stringify(user)})`;
}

/** What is wrong with the arguments of `jdbc`: the type checker knows the names, but not everybody asks it. */
export function jdbcFaults(
  { databases, users }: MysqlParams,
  database: string,
  user: string,
  options: JdbcOptions = {},
): readonly Fault[] {
  return [
    ...undeclared("database", database, Object.keys(databases)),
    ...undeclared("user", user, Object.keys(users)),
    ...faultsOf(jdbcOptions, options, "options"),
  ];
}

function undeclared(path: string, name: string, known: readonly string[]): readonly Fault[] {
  if (known.includes(name)) return [];
  return [{ path, problem: "is not declared", found: JSON.stringify(name), ...notAmong(name, known) }];
}

/** Makes the endpoint `jdbc` of a database service. */
export function jdbcRef(
  ref: MakeRef<MysqlParams>,
  database: string,
  user: string,
  { driver = "mariadb", parameters = {} }: JdbcOptions = {},
): JdbcRef {
  const known = DRIVERS[driver];
  return new JdbcRef(
    ref(jdbcLabel(database, user), ({ node: { address: host }, params: { port }, secrets }) => ({
      ...{ host, port, database, user, driver: known.name },
      password: namedSecret(secrets, `users.${user}.password`),
      url: `jdbc:${driver}://${host}:${port}/${database}?${query({ connectTimeout: "3000", ...known.parameters, ...parameters })}`,
    })),
    driver,
  );
}

function query(parameters: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(parameters)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
    .join("&");
}
