import { homedir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { CapacityError, HotsiteError, messageOf, RetryableError } from "../../core/errors.ts";

/** An engine that says nothing for so long hangs; a busy one answers each of our requests within seconds. */
const quietMs = 60_000;
const pingMs = 5000;
const install =
  "start Docker or podman, or install it: https://docs.docker.com/engine/install (Debian, Ubuntu: apt-get install docker.io)";

/**
 * The container engine of this machine: DOCKER_HOST, else the first of the usual sockets that answers.
 * Throws HotsiteError "no-engine". Each request fails when the engine is silent for `timeoutMs`.
 */
export async function openEngine(signal: AbortSignal, timeoutMs = quietMs): Promise<Docker> {
  const named = process.env["DOCKER_HOST"] ?? "";
  if (named !== "") return namedEngine(named, timeoutMs, signal);
  const failures: HotsiteError[] = [];
  for (const socketPath of sockets()) {
    const engine = await reached({ socketPath }, timeoutMs, socketPath, signal);
    if (!(engine instanceof HotsiteError)) return engine;
    failures.push(engine);
  }
  // A socket that is there but refuses says more than those that are absent.
  throw (
    failures.find((error) => !isAbsent(error)) ?? noEngine("no container engine found", failures[0]?.cause)
  );
}

async function namedEngine(name: string, timeoutMs: number, signal: AbortSignal): Promise<Docker> {
  if (!/^(unix|npipe):|^(tcp|https?):\/\/(localhost|127\.[\d.]+|\[::1\])([:/]|$)/.test(name)) {
    throw new HotsiteError("no-engine", `DOCKER_HOST=${name} is not an engine on this computer`, {
      hint: "unset DOCKER_HOST: local machines are reached through this computer's loopback",
    });
  }
  const engine = await reached({}, timeoutMs, `DOCKER_HOST=${name}`, signal);
  if (engine instanceof HotsiteError) throw engine;
  return engine;
}

function sockets(): string[] {
  const runtime = process.env["XDG_RUNTIME_DIR"];
  const rootless =
    runtime === undefined ? [] : [join(runtime, "docker.sock"), join(runtime, "podman/podman.sock")];
  return [
    "/var/run/docker.sock",
    join(homedir(), ".docker/run/docker.sock"),
    "/run/podman/podman.sock",
    ...rootless,
  ];
}

async function reached(
  options: Docker.DockerOptions,
  timeoutMs: number,
  where: string,
  signal: AbortSignal,
): Promise<Docker | HotsiteError> {
  signal.throwIfAborted();
  try {
    await new Docker({ ...options, timeout: pingMs }).ping();
  } catch (error) {
    return noEngine(`no container engine answers at ${where}`, error);
  }
  return new Docker({ ...options, timeout: timeoutMs });
}

function noEngine(message: string, cause: unknown): HotsiteError {
  if (codeOf(cause) === "EACCES") {
    return new HotsiteError("no-engine", `${message}: permission denied`, {
      cause,
      hint: "add this user to the group that owns the socket (usually docker), then log in again",
    });
  }
  return new HotsiteError("no-engine", message, { cause, hint: install });
}

function isAbsent(error: HotsiteError): boolean {
  return ["ENOENT", "ECONNREFUSED"].includes(codeOf(error.cause) ?? "");
}

/** The answer to a request, or its failure in our words: `what` says what was tried. */
export async function ask<T>(what: string, request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    throw engineError(what, error);
  }
}

/** As `ask`, but undefined when the engine answers with one of these HTTP statuses. */
export async function askUnless<T>(
  statuses: readonly number[],
  what: string,
  request: Promise<T>,
): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (statuses.includes(statusOf(error) ?? 0)) return undefined;
    throw engineError(what, error);
  }
}

function engineError(what: string, cause: unknown): unknown {
  if (cause instanceof HotsiteError || isAbort(cause)) return cause;
  const message = `${what}: ${reasonOf(cause)}`;
  const status = statusOf(cause);
  // The engine gives no code for a full disk or memory, so its words have to do.
  if (/no space left|cannot allocate memory/i.test(message)) {
    return new CapacityError(message, { cause, hint: "free disk or memory for the container engine" });
  }
  if (status === undefined)
    return new RetryableError("engine-unreachable", message, { cause, hint: install });
  if (status >= 500) return new RetryableError("engine-failed", message, { cause });
  return new HotsiteError("engine-refused", message, { cause });
}

/** The HTTP status of a failed request; undefined when there was no answer. */
export function statusOf(error: unknown): number | undefined {
  const { statusCode } = Object(error) as { statusCode?: unknown };
  if (typeof statusCode === "number") return statusCode;
  return error instanceof HotsiteError ? statusOf(error.cause) : undefined;
}

function reasonOf(error: unknown): string {
  const { json } = Object(error) as { json?: { message?: unknown } | null };
  return typeof json?.message === "string" ? json.message : messageOf(error);
}

function codeOf(error: unknown): string | undefined {
  const { code } = Object(error) as { code?: unknown };
  return typeof code === "string" ? code : undefined;
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}
