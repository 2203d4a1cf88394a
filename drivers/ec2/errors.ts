import {
  CapacityError,
  CredentialError,
  HotsiteError,
  messageOf,
  NodeNotFoundError,
  QuotaError,
  RetryableError,
} from "../../core/errors.ts";

const noCapacity =
  /^(Insufficient\w*Capacity|InsufficientCapacity|SpotMaxPriceTooLow|Unsupported|InsufficientFreeAddressesInSubnet)$/;
const overQuota =
  /LimitExceeded$|^(VcpuLimitExceeded|InstanceLimitExceeded|MaxSpotInstanceCountExceeded|.*QuotaExceeded)$/;
const notAccepted =
  /^(AuthFailure|UnauthorizedOperation|AccessDenied\w*|InvalidClientTokenId|ExpiredToken\w*|RequestExpired|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken|OptInRequired|PendingVerification|Blocked|CredentialsProviderError|UnrecognizedClientException|InvalidSignatureException|TokenProviderError)$/;
const noMachine = /^InvalidInstanceID\./;
const passing =
  /^(RequestLimitExceeded|Throttling\w*|Unavailable|ServiceUnavailable|InternalError|InternalFailure|Server\..*|DependencyViolation|.*\.InUse|IncorrectInstanceState|IncorrectState|TimeoutError|RequestTimeout\w*|ResourceCountLimitInProgress)$/;
const unreached = /^(ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/;

/** The answer of a call to the cloud, or its error in our words. */
export async function ask<T>(what: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw translated(what, error);
  }
}

/** As `ask`; undefined when the cloud answers with one of these codes. */
export async function askUnless<T>(codes: RegExp, what: string, call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (codes.test(codeOf(error))) return undefined;
    throw translated(what, error);
  }
}

/** The cloud's own name for an error: `InvalidVpcID.NotFound`; or the network's: `ECONNREFUSED`. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const code: unknown = error instanceof HotsiteError ? error.details["code"] : Reflect.get(error, "code");
  if (error instanceof HotsiteError) return typeof code === "string" ? code : "";
  return typeof code === "string" && unreached.test(code) ? code : error.name;
}

/** The cloud's error in our words. One that says that we were told to stop stays what it is. */
export function translated(what: string, error: unknown): unknown {
  const code = codeOf(error);
  if (error instanceof HotsiteError || code === "AbortError") return error;
  const message = `EC2 could not ${what}: ${code}: ${messageOf(error)}`;
  const facts = { cause: error, details: { code } };
  // Throttling ends with the same word as a quota that is used up.
  if (passing.test(code)) return new RetryableError("cloud-busy", message, facts);
  if (noCapacity.test(code)) return new CapacityError(message, { ...facts, hint: otherPlace });
  if (overQuota.test(code)) return new QuotaError(message, { ...facts, hint: moreQuota });
  if (notAccepted.test(code)) return new CredentialError(message, { ...facts, hint: credentials });
  if (noMachine.test(code))
    return new NodeNotFoundError(message, { ...facts, hint: "hotsite nodes shows what exists" });
  if (unreached.test(code)) return new RetryableError("unreachable", message, { ...facts, hint: reachable });
  return new HotsiteError("cloud-refused", message, { ...facts, retryable: code.endsWith(".NotFound") });
}

const otherPlace = "give another type, or more zones, or run the command again later";
const moreQuota =
  "ask for more under Service Quotas in the AWS console, or uninstall what is not needed any more";
const credentials =
  "check who you are with `aws sts get-caller-identity`, and what you may do with the policy in docs/ec2.md";
const reachable = "is the region right, and can its endpoint be reached from here?";
