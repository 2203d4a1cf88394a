import { CredentialError, HotsiteError, messageOf, RetryableError } from "../../core/errors.ts";
import { tlsFault } from "../tls-fault.ts";

/** What kafkajs threw, by what can be done about it. */
export function kafkaError(topic: string, what: string, cause: unknown): HotsiteError {
  const type = typeOf(cause);
  const problem = messageOf(cause);
  const tls = tlsFault(`${topic}: the broker`, cause);
  if (tls !== undefined) return tls;
  if (type === "OFFSET_OUT_OF_RANGE")
    return new HotsiteError("log-offset", `${topic}: ${problem}`, { cause });
  if (type === "UNKNOWN_TOPIC_OR_PARTITION")
    return new HotsiteError("log-lost", `${topic}: the topic is gone`, {
      cause,
      hint: "make a new first copy; it makes the topic again",
    });
  if (type === "MESSAGE_TOO_LARGE")
    return new HotsiteError(
      "log-too-large",
      `${topic}: the broker refuses a record of this size: ${problem}`,
      {
        cause,
        hint: `raise max.message.bytes of the topic ${topic}`,
      },
    );
  if (refusesLogin(cause))
    return new CredentialError(`${topic}: the broker refuses the login: ${problem}`, {
      cause,
      hint: "was its password changed? Give the link the new one, then run it again, or `hotsite replication resume`",
    });
  if (isForbidden(cause))
    return new CredentialError(`${topic}: the brokers' rules keep this user from ${what}: ${problem}`, {
      cause,
      hint: `allow it: kafka-acls.sh --add --allow-principal User:… --operation All --topic ${topic}`,
    });
  return new RetryableError("log-unreachable", `${topic}: cannot reach ${what}: ${problem}`, {
    cause,
    hint: "are the brokers there, and do they speak at these addresses what `tls` and `login` say?",
  });
}

/** kafkajs wraps what the broker said once or twice. */
export function typeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { type, cause } = error as { type?: unknown; cause?: unknown };
  return typeof type === "string" ? type : typeOf(cause);
}

/** kafkajs calls whatever goes wrong during a login a refusal, also a connection that breaks: only its words tell. */
function refusesLogin(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; { cause } = cause) {
    const { name, message } = cause;
    if (name === "KafkaJSSASLAuthenticationError") return !/connection|timed out/i.test(message);
    if (typeOf(cause) === "SASL_AUTHENTICATION_FAILED") return true;
  }
  return false;
}

/** The brokers' own rules keep this user from it. */
export function isForbidden(error: unknown): boolean {
  return /AUTHORIZATION_FAILED|POLICY_VIOLATION/.test(typeOf(error) ?? "");
}
