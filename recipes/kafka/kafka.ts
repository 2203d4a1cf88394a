import { command, script, type Command } from "../../core/command.ts";
import { check } from "../checks.ts";
import { defineRecipe } from "../define.ts";
import { lastLines, systemd, unitMemory } from "../systemd.ts";
import { kafkaFiles } from "./files.ts";
import { kafkaParams } from "./params.ts";
import { clusterIdOf, clusterOf, KAFKA_USER, placeOf, unitOf, type KafkaContext } from "./place.ts";
import { ASK, ERASE, FORMAT, GUARD, PRUNE, REMOVE, SET_UP } from "./scripts.ts";

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
  endpoints: (ref) => ({
    /** `host:port,host:port`: what clients call bootstrap servers. */
    bootstrap: ref("bootstrap", ({ nodes, params: { port } }) =>
      nodes.map(({ address }) => `${address}:${port}`).join(","),
    ),
  }),
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

/** What the data folder says about itself. */
function identityOf(context: KafkaContext): string {
  const { application, service, node } = context;
  return `${application}/${service}/${node.site}/node-${node.index}-of-${clusterOf(context).length}`;
}

function setUp(context: KafkaContext): readonly Command[] {
  const { archive, jars, java, data, properties } = placeOf(context);
  return [
    script(SET_UP, KAFKA_USER, archive, jars),
    script(FORMAT, KAFKA_USER, java, data, clusterIdOf(context), properties, identityOf(context)),
  ];
}

function remove(context: KafkaContext): Command {
  const { unit, data, software, settings } = placeOf(context);
  return script(REMOVE, KAFKA_USER, unit, data, software, settings);
}

function brokers(context: KafkaContext): Command {
  const at = `${context.node.address}:${context.params.port}`;
  return command("timeout", "5", "bash", "-c", ASK, "bash", at, placeOf(context).ca);
}
