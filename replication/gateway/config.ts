import { z } from "zod";
import { defaultLimitMb, smallestLimitMb } from "../log/space.ts";

/** Where the gateway finds its configuration unless it is told otherwise. */
export const gatewayConfigPath = "/etc/hotsite/gateway/gateway.json";

const server = z.strictObject({
  host: z.string(),
  port: z.number().int().min(1).max(65535).default(3306),
  user: z.string(),
  passwordFile: z.string().describe("path of a file that holds the password alone"),
  ca: z
    .string()
    .optional()
    .describe("path of the PEM that the server's certificate must be signed by; without it no TLS"),
});

const kafka = z.strictObject({
  brokers: z.array(z.string().regex(/^[^:]+:\d+$/, "host:port")).min(1),
  topicPrefix: z.string().describe("in front of the stream's name: no other application may have it"),
  ca: z.string().optional().describe("path of the PEM that the brokers' certificates must be signed by"),
  tls: z.boolean().default(false),
  login: z
    .strictObject({
      mechanism: z.enum(["scram-sha-256", "scram-sha-512", "plain"]),
      user: z.string(),
      passwordFile: z.string().describe("path of a file that holds the password alone"),
    })
    .optional(),
});

export const gatewayConfig = z.strictObject({
  site: z.string().describe("where this gateway runs: the target of its link"),
  source: server.extend({ site: z.string() }).describe("the other site's database, as the feeder's user"),
  target: server.describe("this site's database, as the applier's user"),
  databases: z.array(z.string()).min(1).describe("what is replicated"),
  stateFolder: z
    .string()
    .default("/var/lib/hotsite-gateway")
    .describe("where the order is kept, and the log unless it is in Kafka"),
  kafka: kafka.optional().describe("the log is kept there; without it, in the state folder"),
  logLimitMb: z
    .int()
    .min(smallestLimitMb)
    .default(defaultLimitMb)
    .describe("what the log in the state folder keeps at most; then nothing more is read from the source"),
  metrics: z
    .string()
    .optional()
    .describe("where Prometheus asks: `127.0.0.1:9187`, or the path of a unix socket; default: nowhere"),
  controlSocket: z.string().default("/run/hotsite-gateway/control.sock"),
});

export type GatewayConfig = z.infer<typeof gatewayConfig>;
