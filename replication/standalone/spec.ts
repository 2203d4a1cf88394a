import { z } from "zod";
import { parsePattern } from "../selection/pattern.ts";
import { faultsOf } from "../../core/faults.ts";
import { PreflightError, type Fault } from "../../core/errors.ts";
import { givenSecret } from "../../core/given-secret.ts";
import { megabytes } from "../../core/size.ts";
import { smallestLimitMb } from "../log/space.ts";

const word = z.string().min(1);
/** Of names in so many parts. */
function pattern(parts: 2 | 3): z.ZodType<string> {
  const form = parts === 2 ? "`database.table`" : "`database.table.column`";
  return z.string().refine((text) => parsePattern(text, parts) !== undefined, {
    message: `is no pattern of the form ${form}, each part a name, \`*\` for anything, or a name between backticks`,
  });
}

const port = z.int().min(1).max(65_535);
const pem = word.describe("a PEM file; relative paths start at the config");

const certificate = {
  cert: pem.optional().describe("a PEM file: our own certificate, where the server asks for one"),
  key: pem.optional().describe("a PEM file: the key of `cert`"),
};

const server = z.strictObject({
  host: word.describe("name or address"),
  port: port.default(3306),
  user: word.describe("`hotsite replicate --check` prints what it has to be granted"),
  password: givenSecret.describe("secret.env(…), secret.file(…) or secret.command(…)"),
  tls: z
    .strictObject({ ca: pem.describe("a PEM file: who has signed the server's certificate"), ...certificate })
    .optional()
    .describe("without it the connection is not encrypted"),
});

const embedded = z.strictObject({
  kind: z.literal("embedded"),
  folder: word
    .optional()
    .describe("where the log is kept; relative paths start at the config; default: in the link's state"),
  limit: megabytes(smallestLimitMb)
    .optional()
    .describe('what it keeps at most; then nothing more is read from the source; default: "10GB"'),
});

const kafka = z.strictObject({
  kind: z.literal("kafka"),
  brokers: z
    .array(z.string().regex(/^[^:]+:\d+$/, 'should be host:port, like "kafka-1:9092"'))
    .min(1)
    .describe("`host:port`, any of the cluster's"),
  topicPrefix: word
    .default("hotsite")
    .describe("in front of the link's name: no other application may have it"),
  tls: z
    .union([z.boolean(), z.strictObject({ ca: pem.optional(), ...certificate })])
    .default(false)
    .describe("true: brokers whose certificates this computer trusts; false: not encrypted"),
  login: z
    .strictObject({
      mechanism: z.enum(["scram-sha-256", "scram-sha-512", "plain"]).describe("of SASL"),
      user: word.describe("it reads and writes the topics of the prefix, makes them and removes old ones"),
      password: givenSecret.describe("secret.env(…), secret.file(…) or secret.command(…)"),
    })
    .optional()
    .describe("without it the brokers are not told who asks; with a certificate they know"),
});

/** What `embeddedLog(…)` and `kafkaLog(…)` take. */
export const embeddedLogOptions = embedded.omit({ kind: true });
export const kafkaLogOptions = kafka.omit({ kind: true });

/** Everything that `link(name, …)` takes. */
export const linkSpec = z.strictObject({
  source: server.describe("the database that is read; nothing but a heartbeat is written there"),
  target: server.describe("the database that becomes equal to it"),
  databases: z
    .union([z.array(word).min(1), z.record(word, word)])
    .describe('what is replicated: `["shop"]`; or with the names at the target: `{ shop: "shop_copy" }`'),
  tables: z
    .strictObject({
      include: z.array(pattern(2)).min(1).optional().describe("only these; without it all"),
      exclude: z.array(pattern(2)).default([]).describe("but not these"),
    })
    .optional()
    .describe("tables, views and sequences as `shop.orders`; `*` stands for anything: `shop.tmp_*`"),
  columns: z
    .strictObject({ exclude: z.array(pattern(3)).describe("`shop.customer.card_number`, `*.*.card_number`") })
    .optional()
    .describe("columns that the target does not get"),
  programs: z
    .strictObject({ exclude: z.array(pattern(2)).describe("`shop.audit_*`") })
    .optional()
    .describe("routines, triggers and events that the target does not get"),
  log: z
    .discriminatedUnion("kind", [embedded, kafka])
    .default({ kind: "embedded" })
    .describe("what was read and is not applied yet: embeddedLog(…) or kafkaLog(…)"),
  firstCopy: z
    .union([z.boolean(), z.strictObject({ from: word.describe("a position of the source") })])
    .default(true)
    .describe(
      "true: the target gets a copy of everything. false: it is equal already, now. { from }: it equals the source as it was at that position",
    ),
  metrics: word
    .optional()
    .describe("where Prometheus asks: `127.0.0.1:9187`, or the path of a unix socket; default: nowhere"),
  replaceTarget: z
    .boolean()
    .default(false)
    .describe("the first copy may drop databases of these names that the target has already"),
});

export type LinkSpec = z.input<typeof linkSpec>;
export type ServerSpec = z.output<typeof server>;
export type LogSpec = z.output<typeof linkSpec>["log"];

/** A link between two servers, as a file declares it. */
export interface LinkDeclaration extends z.output<typeof linkSpec> {
  readonly kind: "link";
  /** Names its streams: `shop/1`. */
  readonly name: string;
}

/** The link that a file declares, for `hotsite replicate`. Throws `PreflightError` with all faults at once. */
export function link(name: string, spec: LinkSpec): LinkDeclaration {
  const faults = [
    ...nameFaults(name),
    ...faultsOf(linkSpec, spec, typeof spec === "object" ? "" : "settings"),
  ];
  const parsed = linkSpec.safeParse(spec);
  if (parsed.success) faults.push(...contradictions(parsed.data));
  if (!parsed.success || faults.length > 0) throw new PreflightError(`link("${name}")`, faults);
  return { kind: "link", name, ...parsed.data };
}

/** A log in a folder on this computer. */
export function embeddedLog(options: z.input<typeof embeddedLogOptions> = {}): z.input<typeof embedded> {
  return { kind: "embedded", ...options };
}

/** A log in a topic of its own at these brokers. */
export function kafkaLog(options: z.input<typeof kafkaLogOptions>): z.input<typeof kafka> {
  return { kind: "kafka", ...options };
}

/** The name is part of file names and of a topic's. */
function nameFaults(name: string): readonly Fault[] {
  return /^[a-z][a-z0-9-]{0,62}$/.test(name)
    ? []
    : [
        {
          path: "name",
          problem: "is not of the right form",
          found: JSON.stringify(name),
          allowed: "lower-case letters, digits and dashes, a letter first",
        },
      ];
}

const notForUsers = new Set(["mysql", "information_schema", "performance_schema", "sys", "hotsite"]);

function contradictions({ source, target, databases, log }: z.output<typeof linkSpec>): readonly Fault[] {
  const names = Array.isArray(databases)
    ? databases.map((name) => [name, name] as const)
    : Object.entries(databases);
  const fault = (at: string, problem: string, found: string): Fault => ({ path: at, problem, found });
  const own = names.flatMap(([ours, theirs], place) => {
    const at = Array.isArray(databases) ? `databases.${place}` : `databases.${ours}`;
    const found = [ours, theirs].find((name) => notForUsers.has(name.toLowerCase()));
    return found === undefined ? [] : [fault(at, "is a schema of the server's own", found)];
  });
  const twice = names.flatMap(([, theirs], place) =>
    names.findIndex(([, other]) => other === theirs) === place
      ? []
      : [fault("databases", "two of them would have one name at the target", theirs)],
  );
  const none = names.length === 0 ? [fault("databases", "names none", "{}")] : [];
  const same = source.host === target.host && source.port === target.port;
  const itself = same ? [fault("target", "is the source", `${target.host}:${target.port}`)] : [];
  return [
    ...[...none, ...own, ...twice, ...itself],
    ...halfPairs("source", source.tls),
    ...halfPairs("target", target.tls),
    ...(log.kind === "kafka" ? halfPairs("log", log.tls) : []),
  ];
}

/** A certificate and its key are of no use without each other. */
function halfPairs(
  end: string,
  tls: { cert?: string; key?: string } | boolean | undefined,
): readonly Fault[] {
  if (typeof tls !== "object" || (tls.cert === undefined) === (tls.key === undefined)) return [];
  const missing = tls.cert === undefined ? "cert" : "key";
  return [{ path: `${end}.tls.${missing}`, problem: "is missing: a certificate and its key go together" }];
}
