import { describe, expect, test } from "@jest/globals";
import { PreflightError } from "../../core/errors.ts";
import type { NodeView, RecipeContext } from "../../core/recipe.ts";
import { secret, Secret } from "../../core/secret.ts";
import { faultsCarriedBy } from "../../recipes/faulty.ts";
import { kafka } from "../../recipes/kafka/kafka.ts";
import type { KafkaParams } from "../../recipes/kafka/params.ts";
import { clusterIdOf } from "../../recipes/kafka/place.ts";
import { usersFingerprint } from "../../recipes/kafka/users.ts";
import { reveal } from "../../recipes/text.ts";
import { contextFor, secretsFor } from "./context.ts";
import { located } from "./examples.ts";

const archive = "./sql/data.sql";

describe("a Kafka", () => {
  test("of one node keeps one copy of everything", async () => {
    expect(await propertiesOf(1)).toMatchObject({
      "process.roles": "broker,controller",
      "controller.quorum.voters": "1@10.111.0.11:9093",
      listeners: "CLIENTS://10.111.0.11:9092,BROKERS://10.111.0.11:9094,CONTROLLER://10.111.0.11:9093",
      "listener.security.protocol.map": "CLIENTS:SASL_SSL,BROKERS:SSL,CONTROLLER:SSL",
      "default.replication.factor": "1",
      "min.insync.replicas": "1",
    });
  });

  test("of three nodes acknowledges what two of them have", async () => {
    expect(await propertiesOf(3)).toMatchObject({
      "node.id": "1",
      "controller.quorum.voters": "1@10.111.0.11:9093,2@10.111.0.12:9093,3@10.111.0.13:9093",
      "default.replication.factor": "3",
      "min.insync.replicas": "2",
      "transaction.state.log.replication.factor": "3",
    });
  });

  test("of two nodes is refused: it would stop with either of them", async () => {
    const service = await bus();
    const context = of(2, contextFor(service));
    expect(() => service.recipe.plan(context)).toThrow(PreflightError);
    expect(() => service.recipe.plan(context)).toThrow(/services\.bus\.instances.*should be 1 or 3/s);
  });

  test("takes settings that it does not need itself, and tells the others", async () => {
    const service = await bus({ "log.retention.hours": 24, "sasl.jaas.config": String.raw`a\b` });
    expect(propertiesIn(service, contextFor(service))).toMatchObject({
      "log.retention.hours": "24",
      "sasl.jaas.config": String.raw`a\\b`,
    });
    const refused = kafka("bus", { settings: { "node.id": 7, "ssl.keystore.type": "JKS", listeners: "x" } });
    expect(faultsCarriedBy(refused).map(({ path, problem }) => `${path} ${problem}`)).toEqual([
      "services.bus.settings.node.id is set by Hotsite and cannot be changed",
      "services.bus.settings.ssl.keystore.type is set by Hotsite and cannot be changed",
      "services.bus.settings.listeners is set by Hotsite and cannot be changed",
    ]);
  });

  test("has the same name for itself after each installation, and another one in another site", async () => {
    const context = contextFor(await bus());
    const elsewhere = { ...context, node: { ...context.node, site: "west" } };
    expect(clusterIdOf(context)).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/);
    expect(clusterIdOf(context)).toBe(clusterIdOf(contextFor(await bus())));
    expect(clusterIdOf(elsewhere)).not.toBe(clusterIdOf(context));
  });

  test("tells its clients all of its nodes", async () => {
    const service = await bus();
    const { nodes } = of(3, contextFor(service));
    const secrets = secretsFor(service);
    const view = { application: "clinic", nodes: nodes("bus"), params: service.params, secrets };
    expect(service.bootstrap.resolve(view)).toBe("10.111.0.11:9092,10.111.0.12:9092,10.111.0.13:9092");
    expect(service.linkLog.resolve(view)).toEqual({
      brokers: ["10.111.0.11:9092", "10.111.0.12:9092", "10.111.0.13:9092"],
      login: { mechanism: "scram-sha-512", user: "hotsite", password: secrets["link"] },
    });
  });

  test("knows its users by what their passwords come to, and gives each password to who is wired to it", async () => {
    const users = { shop: { password: secret.generated() } };
    const service = await located(kafka("bus", { version: { archive }, users }));
    const context = contextFor(service);
    const file = service.recipe.plan(context).files.find(({ path }) => path.endsWith("/users"));
    expect(file?.mode).toBe(0o600);
    const lines = reveal(file?.content as Secret)
      .trimEnd()
      .split("\n");
    expect(lines.map((line) => /name=(\w+),/.exec(line)?.[1])).toEqual(["hotsite", "shop"]);
    expect(lines.join()).not.toContain("SECRET");
    const { shop } = users;
    const view = { ...{ application: "clinic", nodes: [context.node] }, params: service.params };
    expect(
      service
        .password("shop")
        .resolve({ ...view, secrets: secretsFor(service) })
        .reveal(),
    ).toBe("SECRET-users.shop.password");
    const wrong = kafka("bus", { users: { hotsite: shop } });
    expect(faultsCarriedBy(wrong).map(({ problem }) => problem)).toEqual([
      "is the user of Hotsite's own links",
    ]);
    service.password("nobody");
    expect(faultsCarriedBy(service).map(({ path, problem }) => `${path} ${problem}`)).toEqual([
      'services.bus.password("nobody").user is not declared',
    ]);
  });

  test("other users or passwords make another fingerprint of its data", async () => {
    const context = contextFor(await bus());
    const other = { ...context, secrets: { link: new Secret("another") } };
    expect(usersFingerprint(context)).toBe(usersFingerprint(contextFor(await bus())));
    expect(usersFingerprint(other)).not.toBe(usersFingerprint(context));
  });
});

function bus(settings: Record<string, string | number> = {}) {
  return located(kafka("bus", { version: { archive }, settings }));
}

/** The context of the first of so many nodes. */
function of(count: number, context: RecipeContext<KafkaParams>): RecipeContext<KafkaParams> {
  const members = Array.from({ length: count }, (_, at): NodeView => {
    return { ...context.node, name: `bus-${at + 1}`, index: at + 1, address: `10.111.0.${11 + at}` };
  });
  return { ...context, nodes: () => members };
}

async function propertiesOf(count: number): Promise<Record<string, string>> {
  const service = await bus();
  return propertiesIn(service, of(count, contextFor(service)));
}

function propertiesIn(
  { recipe }: Awaited<ReturnType<typeof bus>>,
  context: RecipeContext<KafkaParams>,
): Record<string, string> {
  const content = recipe.plan(context).files.find(({ path }) => path.endsWith("server.properties"))?.content;
  const lines = typeof content === "string" ? content.trimEnd().split("\n") : [];
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}
