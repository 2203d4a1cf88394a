import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../../core/log.ts";
import { Secret } from "../../core/secret.ts";
import type { ServerOptions } from "../connection.ts";
import type { LinkEnds } from "../link-ends.ts";
import { openEmbeddedLog, removeOtherLogs } from "../log/embedded.ts";
import type { KafkaServers } from "../log/kafka-topic.ts";
import { wholeDatabases } from "../selection/selection.ts";
import type { GatewayConfig } from "./config.ts";

/** Both servers and the log as the configuration says, with the passwords that its files hold now. */
export async function endsOf(config: GatewayConfig): Promise<LinkEnds> {
  const { source, target, databases } = config;
  return {
    source: { site: source.site, ...(await serverOf(source)) },
    target: await serverOf(target),
    ...{ databases, selection: wholeDatabases(databases) },
    openLog: (stream) => openLog(config, stream),
  };
}

async function serverOf(server: GatewayConfig["target"]): Promise<ServerOptions> {
  const { host, port, user, passwordFile, ca } = server;
  const password = await secretIn(passwordFile);
  return { host, port, user, password, ...(ca === undefined ? {} : { ca: await readFile(ca, "utf8") }) };
}

/** The log of a stream: in Kafka, or in the gateway's own folder, which keeps no other stream's. */
async function openLog({ kafka, stateFolder, logLimitMb }: GatewayConfig, stream: string): Promise<Log> {
  if (kafka !== undefined) {
    const { openKafkaLog } = await import("../log/kafka.ts");
    return openKafkaLog(await serversOf(kafka), { stream, topicPrefix: kafka.topicPrefix });
  }
  const folder = join(stateFolder, "log");
  const log = await openEmbeddedLog(folder, stream, logLimitMb);
  await removeOtherLogs(folder, stream);
  return log;
}

/** The content of a file that holds one secret, without a trailing line break. */
async function secretIn(path: string): Promise<Secret> {
  return new Secret((await readFile(path, "utf8")).replace(/\r?\n$/, ""));
}

async function serversOf(kafka: NonNullable<GatewayConfig["kafka"]>): Promise<KafkaServers> {
  const { brokers, tls, ca, login } = kafka;
  return {
    brokers,
    ...(tls || ca !== undefined ? { tls: ca === undefined ? {} : { ca: await readFile(ca, "utf8") } } : {}),
    ...(login === undefined
      ? {}
      : {
          login: {
            mechanism: login.mechanism,
            user: login.user,
            password: await secretIn(login.passwordFile),
          },
        }),
  };
}
