import kafkajs, { type Admin, type Kafka } from "kafkajs";
import { HotsiteError, PreflightError, RetryableError, type Fault } from "../../core/errors.ts";
import { waitFor } from "../../core/wait.ts";
import { isForbidden, kafkaError, typeOf } from "./kafka-error.ts";
import { settlingMs } from "./kafka-topic.ts";

/** A broker takes requests of 100 MiB by default; a batch is below 2 MB unless one row is larger. */
const maxMessageBytes = 64 * 1024 * 1024;

/** What the topic of a link needs: nothing may be thrown away but by us. */
const settings: Readonly<Record<string, string>> = {
  "cleanup.policy": "delete",
  "retention.ms": "-1",
  "retention.bytes": "-1",
  "max.message.bytes": String(maxMessageBytes),
};

/** Topic names are letters, digits, `.`, `_` and `-`; a stream is `petclinic/db/7`. */
export function topicOf(prefix: string, stream: string): string {
  const plain = stream
    .replaceAll("/", ".")
    .replaceAll(/[^A-Za-z0-9.-]/g, (char) => `_${char.charCodeAt(0).toString(16)}_`);
  return `${prefix}.${plain}`;
}

/** Makes the topic when it is missing, mends its settings when that is allowed, and throws `PreflightError` with everything that is left. */
export async function ensureTopic(client: Kafka, topic: string): Promise<void> {
  const wait = { timeoutMs: settlingMs, intervalMs: 100, what: `the brokers to know ${topic}` };
  const { signal } = new AbortController();
  const faults = await asked(client, topic, (admin) =>
    waitFor(() => madeAndChecked(admin, topic), wait, signal),
  );
  if (faults.length > 0) throw new PreflightError(`topic ${topic}`, faults);
}

/** What would keep the topics of a link from being made and set as they have to be; changes nothing. Throws when the brokers cannot be asked. */
export async function topicFaults(client: Kafka, base: string): Promise<readonly Fault[]> {
  return asked(client, base, async (admin) => {
    const known = (await admin.listTopics()).filter((topic) => topic.replace(/\.\d+$/, "") === base);
    const faults = await create(admin, `${base}.1`, true);
    const settings = known.map(async (topic) => [
      ...(await partitionFaults(admin, topic)),
      ...(await settingFaults(admin, topic, true)),
    ]);
    return [...faults, ...(await Promise.all(settings)).flat()];
  });
}

/** Settings that would throw records away and may not be mended by us; and after how long they do, where that is by age. */
export async function throwingAway(
  client: Kafka,
  topic: string,
): Promise<{ readonly faults: readonly Fault[]; readonly retentionMs?: number }> {
  return asked(client, topic, async (admin) => {
    const faults = await settingFaults(admin, topic);
    const retentionMs = Number(
      faults.find(({ path }) => path === pathOf(topic, "retention.ms"))?.found ?? -1,
    );
    return { faults, ...(retentionMs >= 0 && { retentionMs }) };
  });
}

async function asked<T>(client: Kafka, topic: string, ask: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = client.admin();
  try {
    await admin.connect();
    return await ask(admin);
  } catch (error) {
    if (error instanceof HotsiteError) throw error;
    throw kafkaError(topic, "the brokers", error);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** What is left that is not as it has to be. What was made a moment ago is not known to every broker yet: retryable then. */
async function madeAndChecked(admin: Admin, topic: string): Promise<readonly Fault[]> {
  try {
    const missing = !(await admin.listTopics()).includes(topic);
    const faults = missing ? await create(admin, topic) : [];
    if (faults.length > 0) return faults;
    return [...(await partitionFaults(admin, topic)), ...(await settingFaults(admin, topic))];
  } catch (cause) {
    if (typeOf(cause) !== "UNKNOWN_TOPIC_OR_PARTITION") throw cause;
    throw new RetryableError("log-unreachable", `${topic}: not every broker knows it yet`, { cause });
  }
}

async function create(admin: Admin, topic: string, validateOnly = false): Promise<readonly Fault[]> {
  const { brokers } = await admin.describeCluster();
  const replicationFactor = Math.min(3, brokers.length);
  const all = { ...settings, ...(replicationFactor === 3 ? { "min.insync.replicas": "2" } : {}) };
  const configEntries = Object.entries(all).map(([name, value]) => ({ name, value }));
  try {
    await admin.createTopics({
      ...{ validateOnly, waitForLeaders: !validateOnly },
      topics: [{ topic, numPartitions: 1, replicationFactor, configEntries }],
    });
    return [];
  } catch (error) {
    if (typeOf(error) === "TOPIC_ALREADY_EXISTS") return [];
    const options = Object.entries(all).map(([name, value]) => `--config ${name}=${value}`);
    if (!isForbidden(error)) throw error;
    const problem = "is missing, and this user may not make it";
    const remedy = `kafka-topics.sh --create --topic ${topic} --partitions 1 --replication-factor ${replicationFactor} ${options.join(" ")}`;
    return [{ path: topic, problem, remedy }];
  }
}

async function partitionFaults(admin: Admin, topic: string): Promise<readonly Fault[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const count = topics[0]?.partitions.length ?? 0;
  if (count === 1) return [];
  return [
    {
      path: `${topic}: partitions`,
      problem: "a stream has one order",
      found: String(count),
      allowed: "1",
      remedy: "remove the topic; it is made again with one partition",
    },
  ];
}

async function settingFaults(admin: Admin, topic: string, validateOnly = false): Promise<readonly Fault[]> {
  const found = await foundSettings(admin, topic);
  const wrong = Object.keys(settings).filter((name) => !isGood(name, found.get(name)?.value ?? ""));
  if (wrong.length === 0) return [];
  // Kafka resets whatever is not named.
  const own = [...found].flatMap(([name, { value, own: isOwn }]) => (isOwn ? [[name, value] as const] : []));
  const configEntries = [...new Map([...own, ...Object.entries(settings)])].map(([name, value]) => ({
    name,
    value,
  }));
  try {
    await admin.alterConfigs({
      validateOnly,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries }],
    });
    return [];
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return wrong.map((name) => ({
      path: pathOf(topic, name),
      problem: "records that are not applied yet could be thrown away or refused",
      found: found.get(name)?.value ?? "nothing",
      allowed: settings[name] ?? "",
      remedy: `kafka-configs.sh --alter --entity-type topics --entity-name ${topic} --add-config ${name}=${settings[name] ?? ""}`,
    }));
  }
}

function pathOf(topic: string, setting: string): string {
  return `${topic}: ${setting}`;
}

/** Every setting of the topic by name; `own` when it was set for this topic. */
async function foundSettings(
  admin: Admin,
  topic: string,
): Promise<ReadonlyMap<string, { readonly value: string; readonly own: boolean }>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
  });
  const entries = resources[0]?.configEntries ?? [];
  return new Map(
    entries.map(({ configName, configValue, configSource }) => [
      configName,
      { value: configValue, own: configSource === kafkajs.ConfigSource.TOPIC_CONFIG },
    ]),
  );
}

function isGood(name: string, value: string): boolean {
  return name === "max.message.bytes" ? Number(value) >= maxMessageBytes : value === settings[name];
}
