import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, type PeerCertificate } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import kafkajs, { type Kafka } from "kafkajs";
import { command, script } from "../../core/command.ts";
import type { NodeView, RecipeContext } from "../../core/recipe.ts";
import type { Shell } from "../../core/shell.ts";
import { waitFor } from "../../core/wait.ts";
import { applyPackages, applyService, isAlive, removeService, type Work } from "../../lifecycle/apply.ts";
import { kafka } from "../../recipes/kafka/kafka.ts";
import { RecipeLab, type Place } from "./lab.ts";

const bus = kafka("bus", { heap: "192MB", instances: { initial: 3 } });

type Context = RecipeContext<typeof bus.params>;

let lab: RecipeLab;
let places: readonly Place[] = [];
let ways: readonly Way[] = [];

beforeAll(async () => {
  lab = await RecipeLab.open(880_000);
  places = await Promise.all([1, 2, 3].map((index) => lab.launch(`bus-${index}`, [])));
  ways = await Promise.all(places.map(wayTo));
}, 200_000);

afterAll(async () => {
  for (const way of ways) way.close();
  await lab[Symbol.asyncDispose]();
}, 60_000);

describe("a Kafka of three nodes", () => {
  test("is installed, and its nodes find each other", async () => {
    expect(await installAll()).toEqual(["changed", "changed", "changed"]);
    await untilAllTogether();
    expect(await installAll()).toEqual(["unchanged", "unchanged", "unchanged"]);
  }, 300_000);

  test("keeps what was acknowledged, over TLS, when the leader is killed", async () => {
    const client = await kafkaClient();
    const admin = client.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: "orders", numPartitions: 1 }], waitForLeaders: false });
    await admin.disconnect();
    const leader = await leaderOf(client, "orders");
    const producer = client.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    await producer.send({ topic: "orders", acks: -1, messages: [{ value: "before" }] });
    const work = await workOf(leader);
    await work.shell.run(command("systemctl", "kill", "--signal", "KILL", ...work.plan.units), lab.signal);
    await producer.send({ topic: "orders", acks: -1, messages: [{ value: "after" }] });
    await producer.disconnect();
    expect(await valuesOf(client, "orders", 2)).toEqual(["before", "after"]);
    await untilAllTogether();
    expect(await isAlive(work, lab.signal)).toBe(true);
  }, 120_000);

  test("refuses who does not know the password", async () => {
    const client = await kafkaClient("guessed");
    const admin = client.admin();
    await expect(admin.connect()).rejects.toThrow(/authentication/i);
    await admin.disconnect();
  }, 60_000);

  test("refuses who does not speak TLS, and at the ports of brokers and quorum who has no certificate", async () => {
    const { machine } = placeAt(0);
    const plain = `printf '\\0\\0\\0\\12\\0\\22\\0\\0\\0\\0\\0\\1\\377\\377' >&3; timeout 3 head -c 4 <&3 | od -An -tx1`;
    const speak = command("bash", "-c", `exec 3<>"/dev/tcp/$1/9092"; ${plain}`, "bash", machine.address);
    expect(await outputOf(0, speak)).not.toMatch(/^00 00/);
    for (const port of ["9093", "9094"]) {
      const at = `${machine.address}:${port}`;
      const stranger = script('sleep 1 | timeout 5 openssl s_client -connect "$1" 2>&1', at);
      expect(await outputOf(0, stranger)).toMatch(
        /alert (bad certificate|certificate required|handshake failure)/,
      );
    }
  }, 60_000);

  test("removed, leaves its records for who comes back; a cluster of another size does not get them", async () => {
    await removeAll(false);
    const context = await contextOf(0);
    const alone = bus.recipe.plan({ ...context, nodes: () => [context.node] });
    await expect(install({ service: "bus", plan: alone, shell: placeAt(0).shell })).rejects.toThrow(
      /holds the data of clinic\/bus\/east\/node-1-of-3, not of clinic\/bus\/east\/node-1-of-1/,
    );
    await installAll();
    expect(await valuesOf(await kafkaClient(), "orders", 2)).toEqual(["before", "after"]);
  }, 300_000);

  test("removed with its data, it leaves nothing", async () => {
    await removeAll(true);
    for (const { shell, before } of places) expect(await lab.traces(shell)).toBe(before);
  }, 120_000);
});

/** A port of this machine that leads to a broker. */
interface Way {
  readonly address: string;
  readonly port: number;
  close(): void;
}

async function wayTo({ shell, machine }: Place): Promise<Way> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket.on("error", () => socket.destroy()));
    shell.forward(machine.address, 9092, lab.signal).then(
      (stream) => {
        stream.on("error", () => socket.destroy()).on("close", () => socket.destroy());
        socket.on("close", () => stream.destroy());
        socket.pipe(stream).pipe(socket);
      },
      () => socket.destroy(),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: machine.address,
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}

/** A client that knows the brokers by the names that they tell it, and trusts the application's authority alone. */
async function kafkaClient(password?: string): Promise<Kafka> {
  const { tls, secrets } = await contextOf(0);
  return new kafkajs.Kafka({
    brokers: ways.map(({ address }) => `${address}:9092`),
    ssl: true,
    sasl: {
      mechanism: "scram-sha-512",
      username: "hotsite",
      password: password ?? secrets["link"]?.reveal() ?? "",
    },
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 20, maxRetryTime: 1000 },
    socketFactory: ({ host, onConnect }) => {
      const port = ways.find(({ address }) => address === host)?.port ?? 0;
      const verified = {
        ca: tls.ca,
        checkServerIdentity: (_: string, peer: PeerCertificate) => checkServerIdentity(host, peer),
      };
      return connectTls({ host: "127.0.0.1", port, ...verified }, onConnect);
    },
  });
}

/** The index of the machine that leads the topic's partition, once all have heard of it. */
async function leaderOf(client: Kafka, topic: string): Promise<number> {
  const admin = client.admin();
  await admin.connect();
  try {
    const look = async (): Promise<number | undefined> => {
      const known = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => ({ topics: [] }));
      const [partition] = known.topics[0]?.partitions ?? [];
      return partition?.isr.length === 3 ? partition.leader - 1 : undefined;
    };
    return await waitFor(look, { timeoutMs: 60_000, what: `${topic} to be led` }, lab.signal);
  } finally {
    await admin.disconnect();
  }
}

async function valuesOf(client: Kafka, topic: string, count: number): Promise<readonly string[]> {
  const consumer = client.consumer({ groupId: `reader-${randomUUID()}` });
  const values: string[] = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      eachMessage: ({ message }) => Promise.resolve(void values.push(String(message.value))),
    });
    const all = { timeoutMs: 60_000, intervalMs: 100, what: `${count} records` };
    await waitFor(() => Promise.resolve(values.length >= count || undefined), all, lab.signal);
    return values;
  } finally {
    await consumer.disconnect();
  }
}

async function contextOf(at: number): Promise<Context> {
  const place = placeAt(at);
  const context = (await lab.context(bus, place)) as Context;
  const members = places.map(({ machine: { name, address } }, other): NodeView => {
    return { ...context.node, name, address, index: other + 1 };
  });
  return { ...context, node: members[at] ?? context.node, nodes: () => members };
}

async function workOf(at: number): Promise<Work> {
  return { service: "bus", plan: bus.recipe.plan(await contextOf(at)), shell: placeAt(at).shell };
}

async function install(work: Work): Promise<string> {
  await applyPackages(work, lab.signal);
  return applyService(work, { start: true }, lab.signal);
}

async function installAll(): Promise<readonly string[]> {
  return Promise.all(places.map(async (_, at) => install(await workOf(at))));
}

async function removeAll(deleteData: boolean): Promise<void> {
  await Promise.all(places.map(async (_, at) => removeService(await workOf(at), { deleteData }, lab.signal)));
}

/** Until each broker knows all three. */
async function untilAllTogether(): Promise<void> {
  for (const at of places.keys()) {
    const ask = bus.recipe.metrics["brokers"]!.run(await contextOf(at));
    const wait = { timeoutMs: 60_000, intervalMs: 300, what: `broker ${at + 1} to know all three` };
    await waitFor(async () => (await outputOf(at, ask)) === "3" || undefined, wait, lab.signal);
  }
}

async function outputOf(at: number, ask: Parameters<Shell["run"]>[0]): Promise<string> {
  const { stdout } = await placeAt(at).shell.run(ask, lab.signal, { accept: [0, 1, 124] });
  return stdout.trim();
}

function placeAt(at: number): Place {
  const place = places[at];
  if (place === undefined) throw new Error(`there is no machine ${at + 1}`);
  return place;
}
