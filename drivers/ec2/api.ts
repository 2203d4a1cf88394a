import { EC2, type EC2ClientConfig } from "@aws-sdk/client-ec2";

/** Where a cloud is, and as whom it is asked. */
export interface Place {
  readonly region: string;
  readonly endpoint?: string;
  readonly profile?: string;
}

/** The cloud of one driver. */
export interface Api {
  readonly ec2: EC2;
  readonly place: Place;
  /** Unique for each account and region that this process speaks to. */
  readonly key: string;
  /** How often a machine's state is asked for. */
  readonly pollMs: number;
}

/** A cloud throttles a crowd of launches for seconds, not minutes. */
const maxAttempts = 8;
const connectMs = 5000;
/** A call that makes a machine takes a few seconds. */
const answerMs = 60_000;

/** Slows down when the cloud says that it is asked too often, and asks again what got no answer; calls that make things carry a token or are looked up first. */
export function clientConfig({ region, endpoint, profile }: Place): EC2ClientConfig {
  return {
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(profile === undefined ? {} : { profile }),
    maxAttempts,
    retryMode: "adaptive",
    requestHandler: { connectionTimeout: connectMs, requestTimeout: answerMs },
  };
}

/** Questions are cut short with the caller's signal; what changes something never is: else nobody would know whether it was done. */
export function openApi(place: Place, pollMs: number): Api {
  // The SDK says on standard error which Node it would like next year: nothing to tell a person in the middle of a failover.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  const key = `ec2 ${place.endpoint ?? ""} ${place.profile ?? ""} ${place.region}`;
  return { ec2: new EC2(clientConfig(place)), place, key, pollMs };
}
