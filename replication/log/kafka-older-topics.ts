import type { Admin, Kafka } from "kafkajs";
import { isForbidden, kafkaError, typeOf } from "./kafka-error.ts";

/**
 * Removes the topics of older epochs of the same link: a stream is over when the next one begins. Where this user may not, they stay; so
 * does every topic that is not called exactly as one of this link's.
 */
export async function removeOlderTopics(client: Kafka, topic: string): Promise<void> {
  const admin = client.admin();
  try {
    await admin.connect();
    for (const older of olderThan(topic, await admin.listTopics())) await remove(admin, older);
  } catch (error) {
    throw kafkaError(topic, "the topics of older epochs", error);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** Those of `topics` that are called as `topic` is, with a smaller epoch at the end. */
export function olderThan(topic: string, topics: readonly string[]): readonly string[] {
  const [base, epoch] = parts(topic) ?? [];
  if (base === undefined || epoch === undefined) return [];
  return topics.filter((other) => {
    const [otherBase, otherEpoch = epoch] = parts(other) ?? [];
    return otherBase === base && otherEpoch < epoch;
  });
}

function parts(topic: string): readonly [string, number] | undefined {
  const [, base, epoch] = /^(.+)\.([1-9]\d{0,14})$/.exec(topic) ?? [];
  return base === undefined ? undefined : [base, Number(epoch)];
}

async function remove(admin: Admin, topic: string): Promise<void> {
  try {
    await admin.deleteTopics({ topics: [topic] });
  } catch (error) {
    // Another process was faster, or it is not ours to remove.
    if (typeOf(error) !== "UNKNOWN_TOPIC_OR_PARTITION" && !isForbidden(error)) throw error;
  }
}
