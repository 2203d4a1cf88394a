import { z } from "zod";
import { file } from "../core/command.ts";
import { Secret } from "../core/secret.ts";
import { megabytes } from "../core/size.ts";
import { defineRecipe } from "./define.ts";
import { REPLICATION_USERS } from "./mysql/accounts.ts";
import {
  credentialPath,
  programFiles,
  programParts,
  programWired,
  type NodeProgram,
} from "./node-program.ts";
import type { RecipeScope } from "./spec.ts";

const gatewayParams = z.strictObject({
  memoryMb: z.int().min(256).default(768).describe("what feeder, log and processor may use together"),
  logLimit: megabytes(64)
    .default(10 * 1024)
    .describe("what its log keeps at most; then nothing more is read from the source"),
  metrics: z
    .string()
    .default("127.0.0.1:9187")
    .describe("where Prometheus asks on the node: an address with its port, or the path of a socket"),
});

const server = z.strictObject({
  host: z.string().min(1),
  port: z.int(),
  password: z.instanceof(Secret),
});

const gatewayWired = z.object({
  ...programWired,
  /** The database of the other site, as its feeder's user. */
  source: server.extend({ site: z.string() }),
  /** The database of the gateway's own site, as its applier's user. */
  target: server,
  databases: z.array(z.string()).min(1),
  /** The brokers of its own site that keep its log; without them it keeps it itself. */
  log: z
    .strictObject({
      brokers: z.array(z.string()).min(1),
      login: z.strictObject({
        mechanism: z.enum(["scram-sha-256", "scram-sha-512", "plain"]),
        user: z.string(),
        password: z.instanceof(Secret),
      }),
    })
    .optional(),
});

type Scope = RecipeScope<z.output<typeof gatewayParams>, z.output<typeof gatewayWired>>;

const CA = "/etc/hotsite/gateway/ca.pem";

/** Feeder, log and processor in the site that recovers: it pulls the other site's changes and applies them to its own database. */
export const gateway = defineRecipe("gateway", {
  params: gatewayParams,
  wired: gatewayWired,
  ...programParts("gateway", programOf, { verb: "status", summary: "print how the link runs" }),
  files: (scope) => [
    ...programFiles(programOf(scope), scope.wired),
    file(CA, scope.tls.ca, { restarts: true }),
  ],
});

function programOf({ params, node, wired }: Scope): NodeProgram {
  const { source, target, databases, log } = wired;
  return {
    name: "gateway",
    summary: "follows the other site's database",
    config: {
      site: node.site,
      source: { site: source.site, ...account(source, REPLICATION_USERS.feeder, "source-password") },
      target: account(target, REPLICATION_USERS.applier, "target-password"),
      databases,
      metrics: params.metrics,
      logLimitMb: params.logLimit,
      ...(log && { kafka: brokersOf(log) }),
    },
    credentials: {
      "source-password": source.password,
      "target-password": target.password,
      ...(log && { [LOG_PASSWORD]: log.login.password }),
    },
    memoryMb: params.memoryMb,
  };
}

/** Nobody else's topics begin so; the application's name follows in each. */
const TOPIC_PREFIX = "hotsite";
const LOG_PASSWORD = "log-password";

function brokersOf({ brokers, login: { mechanism, user } }: NonNullable<Scope["wired"]["log"]>): object {
  const passwordFile = credentialPath("gateway", LOG_PASSWORD);
  return { brokers, topicPrefix: TOPIC_PREFIX, ca: CA, login: { mechanism, user, passwordFile } };
}

function account({ host, port }: z.output<typeof server>, user: string, credential: string): object {
  return { host, port, user, passwordFile: credentialPath("gateway", credential), ca: CA };
}
