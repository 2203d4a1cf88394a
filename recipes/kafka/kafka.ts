import type { LinkLog } from "../../core/application.ts";
import { command, script, type Command } from "../../core/command.ts";
import { notAmong } from "../../core/faults.ts";
import type { Ref } from "../../core/recipe.ts";
import { secret, type Secret } from "../../core/secret.ts";
import { check } from "../checks.ts";
import { defineRecipe } from "../define.ts";
import { namedSecret } from "../secrets.ts";
import type { EndpointScope } from "../refs.ts";
import { lastLines, systemd, unitMemory } from "../systemd.ts";
import { kafkaFiles } from "./files.ts";
import { kafkaParams, type KafkaParams } from "./params.ts";
import { clusterIdOf, clusterOf, KAFKA_USER, placeOf, unitOf, type KafkaContext } from "./place.ts";
import { ASK, ERASE, FORMAT, GUARD, PRUNE, REMOVE, SET_UP } from "./scripts.ts";
import { LINK_SECRET, LINK_USER, MECHANISM, passwordName, usersFingerprint } from "./users.ts";

/** A Kafka of one broker or three in each site, over TLS, without a ZooKeeper: each node is broker and controller. */
export const kafka = defineRecipe("kafka", {
  params: kafkaParams,
  packages: ["default-jre-headless", "openssl"],
  files: kafkaFiles,
  service: ({ service }) => systemd(unitOf(service)),
  hooks: (context) => ({
    afterInstall: [script(GUARD, identityOf(context), placeOf(context).data)],
    afterConfigure: setUp(context),
    afterStart: [script(PRUNE, placeOf(context).jars, placeOf(context).archive)],
    afterUninstall: [remove(context)],
  }),
  ready: (context) => check(brokers(context), { explain: lastLines(unitOf(context.service)) }),
  keeps: (context) => ({ [placeOf(context).data]: `the records of ${context.service}` }),
  erase: (context) => [script(ERASE, placeOf(context).data, identityOf(context))],
  secrets: () => ({ [LINK_SECRET]: secret.generated() }),
  endpoints: (ref, params, refuse) => {
    const known = Object.keys(params.users);
    return {
      /** `host:port,host:port`: what clients call bootstrap servers. */
      bootstrap: ref("bootstrap", (scope) => addressesOf(scope).join(",")),
      /** With which one of `users` logs in. */
      password: (user: string): Ref<Secret> => {
        const label = `password(${JSON.stringify(user)})`;
        if (known.includes(user))
          return ref(label, ({ secrets }) => namedSecret(secrets, passwordName(user)));
        const fault = { path: "user", problem: "is not declared", found: JSON.stringify(user) };
        return refuse(label, [{ ...fault, ...notAmong(user, known) }]);
      },
      /** For `replication: { through: … }`. */
      linkLog: ref("linkLog", (scope): LinkLog => ({
        brokers: addressesOf(scope),
        login: {
          mechanism: MECHANISM,
          user: LINK_USER,
          password: namedSecret(scope.secrets, LINK_SECRET),
        },
      })),
    };
  },
  metrics: {
    brokers: { unit: "brokers", summary: "known to this one as running", run: brokers },
    disk: {
      unit: "bytes",
      summary: "of records",
      run: (context) => script('du -sb "$1" | cut -f 1', placeOf(context).data),
    },
    memory: {
      unit: "bytes",
      summary: "memory of the broker",
      run: ({ service }) => unitMemory(unitOf(service)),
    },
  },
});

function addressesOf({ nodes, params: { port } }: EndpointScope<KafkaParams>): readonly string[] {
  return nodes.map(({ address }) => `${address}:${port}`);
}

/** What the data folder says about itself. */
function identityOf(context: KafkaContext): string {
  const { application, service, node } = context;
  return `${application}/${service}/${node.site}/node-${node.index}-of-${clusterOf(context).length}`;
}

function setUp(context: KafkaContext): readonly Command[] {
  const { archive, jars, java, data, properties, users } = placeOf(context);
  const owner = identityOf(context);
  const made = [KAFKA_USER, java, data, clusterIdOf(context), properties, owner, users];
  return [script(SET_UP, KAFKA_USER, archive, jars), script(FORMAT, ...made, usersFingerprint(context))];
}

function remove(context: KafkaContext): Command {
  const { unit, data, software, settings } = placeOf(context);
  return script(REMOVE, KAFKA_USER, unit, data, software, settings);
}

function brokers(context: KafkaContext): Command {
  const at = `${context.node.address}:${context.params.brokerPort}`;
  const { ca, keystore } = placeOf(context);
  return command("timeout", "5", "bash", "-c", ASK, "bash", at, ca, keystore);
}
