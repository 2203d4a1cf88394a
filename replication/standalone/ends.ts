import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { HotsiteError, messageOf, PreflightError, type Fault } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { resolveSecret, Secret } from "../../core/secret.ts";
import type { ServerOptions } from "../connection.ts";
import type { LinkEnds } from "../link-ends.ts";
import { openEmbeddedLog, removeOtherLogs } from "../log/embedded.ts";
import type { KafkaServers } from "../log/kafka-topic.ts";
import { selectionOf } from "./selection-of.ts";
import type { LinkDeclaration, LogSpec, ServerSpec } from "./spec.ts";

/** Where the files of a link are. */
export interface LinkPlace {
  /** Relative paths of the declaration start here. */
  readonly folder: string;
  /** Kept over restarts: the order, the log, the control socket. */
  readonly stateFolder: string;
}

/** Both servers and the log, with secrets and certificates as they are at this moment. Throws `PreflightError` with every one that is missing. */
export async function endsOf(declaration: LinkDeclaration, place: LinkPlace): Promise<LinkEnds> {
  const { name, log } = declaration;
  const selection = selectionOf(declaration);
  const [source, target, openLog] = await Promise.allSettled([
    serverOf("source", declaration.source, place),
    serverOf("target", declaration.target, place),
    logOf(name, log, place),
  ]);
  if (source.status === "fulfilled" && target.status === "fulfilled" && openLog.status === "fulfilled") {
    return {
      ...{ source: { site: name, ...source.value }, target: target.value, openLog: openLog.value },
      ...{ databases: selection.databases, selection },
    };
  }
  const faults = { source, target, log: openLog };
  throw new PreflightError(`link("${name}")`, Object.entries(faults).flatMap(faultOf));
}

function faultOf([path, result]: [string, PromiseSettledResult<unknown>]): readonly Fault[] {
  if (result.status === "fulfilled") return [];
  const reason: unknown = result.reason;
  const hint = reason instanceof HotsiteError ? reason.hint : undefined;
  return [{ path, problem: messageOf(reason), ...(hint !== undefined && { remedy: hint }) }];
}

async function serverOf(
  end: "source" | "target",
  { host, port, user, password, tls }: ServerSpec,
  place: LinkPlace,
): Promise<ServerOptions> {
  const secret = await resolveSecret(password, `${end}.password`, place.stateFolder);
  return { host, port, user, password: secret, ...(tls && (await pemsOf(tls, place))) };
}

interface Pems {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: Secret;
}

async function pemsOf(
  { ca, cert, key }: { readonly ca?: string; readonly cert?: string; readonly key?: string },
  { folder }: LinkPlace,
): Promise<Pems> {
  const read = (path: string): Promise<string> => readFile(resolve(folder, path), "utf8");
  return {
    ...(ca !== undefined && { ca: await read(ca) }),
    ...(cert !== undefined && { cert: await read(cert) }),
    ...(key !== undefined && { key: new Secret(await read(key)) }),
  };
}

async function logOf(name: string, log: LogSpec, place: LinkPlace): Promise<LinkEnds["openLog"]> {
  if (log.kind === "kafka") {
    const brokers = await brokersOf(log, place);
    return async (stream) => {
      const { openKafkaLog } = await import("../log/kafka.ts");
      return openKafkaLog(brokers, { stream, topicPrefix: log.topicPrefix });
    };
  }
  // A folder of its own in it: the logs of other streams there are thrown away.
  const folder =
    log.folder === undefined ? join(place.stateFolder, "log") : resolve(place.folder, log.folder, name);
  return (stream) => openOnly(folder, stream, log.limit);
}

async function openOnly(folder: string, stream: string, limitMb: number | undefined): Promise<Log> {
  const log = await openEmbeddedLog(folder, stream, limitMb);
  await removeOtherLogs(folder, stream);
  return log;
}

async function brokersOf(
  { brokers, tls, login }: Extract<LogSpec, { kind: "kafka" }>,
  place: LinkPlace,
): Promise<KafkaServers> {
  return {
    brokers,
    ...(tls !== false && { tls: tls === true ? {} : await pemsOf(tls, place) }),
    ...(login !== undefined && {
      login: {
        ...login,
        password: await resolveSecret(login.password, "log.login.password", place.stateFolder),
      },
    }),
  };
}
