import { clusterOf, placeOf, type KafkaContext } from "./place.ts";
import { MECHANISM } from "./users.ts";

/** The settings of the broker, which is a controller of its cluster as well. */
export function serverProperties(context: KafkaContext): string {
  const { node, params } = context;
  const { port, brokerPort, controllerPort } = params;
  const cluster = clusterOf(context);
  const lines: Record<string, string | number | boolean> = {
    ...defaults(cluster.length),
    ...params.settings,
    "process.roles": "broker,controller",
    "node.id": node.index,
    "controller.quorum.voters": cluster
      .map(({ index, address }) => `${index}@${address}:${controllerPort}`)
      .join(","),
    "controller.listener.names": "CONTROLLER",
    listeners: `CLIENTS://${node.address}:${port},BROKERS://${node.address}:${brokerPort},CONTROLLER://${node.address}:${controllerPort}`,
    "advertised.listeners": `CLIENTS://${node.address}:${port},BROKERS://${node.address}:${brokerPort}`,
    "listener.security.protocol.map": "CLIENTS:SASL_SSL,BROKERS:SSL,CONTROLLER:SSL",
    "inter.broker.listener.name": "BROKERS",
    "log.dirs": `${placeOf(context).data}/log`,
    ...tls(context),
    ...logins,
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name}=${String(value).replaceAll("\\", "\\\\")}\n`)
    .join("");
}

/** With three nodes, what was acknowledged is on two of them; the third may be lost. */
function defaults(nodes: number): Record<string, string | number | boolean> {
  const inSync = nodes > 1 ? 2 : 1;
  return {
    "auto.create.topics.enable": false,
    "default.replication.factor": nodes,
    "min.insync.replicas": inSync,
    "offsets.topic.replication.factor": nodes,
    "transaction.state.log.replication.factor": nodes,
    "transaction.state.log.min.isr": inSync,
    "share.coordinator.state.topic.replication.factor": nodes,
    "share.coordinator.state.topic.min.isr": inSync,
    // A broker that was killed may register again only when its old session is over, and a lost one is replaced then: 9 s by default.
    "broker.session.timeout.ms": 3000,
    "broker.heartbeat.interval.ms": 500,
  };
}

function tls(context: KafkaContext): Record<string, string> {
  const { keystoreCopy, ca } = placeOf(context);
  return {
    "ssl.keystore.type": "PEM",
    "ssl.keystore.location": keystoreCopy,
    "ssl.truststore.type": "PEM",
    "ssl.truststore.location": ca,
    "listener.name.brokers.ssl.client.auth": "required",
    "listener.name.controller.ssl.client.auth": "required",
  };
}

/** Clients have a password, nodes of the application a certificate. */
const logins = {
  "listener.name.clients.sasl.enabled.mechanisms": MECHANISM.toUpperCase(),
  [`listener.name.clients.${MECHANISM}.sasl.jaas.config`]:
    "org.apache.kafka.common.security.scram.ScramLoginModule required;",
};
