import { join, resolve } from "node:path";
import { HotsiteError, messageOf, PreflightError, type Fault } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { besideConfig, resolveSecret } from "../../core/secret.ts";
import type { ServerOptions } from "../connection.ts";
import type { LinkEnds } from "../link-ends.ts";
import { openEmbeddedLog, removeOtherLogs } from "../log/embedded.ts";
import type { KafkaServers } from "../log/kafka-topic.ts";
import { readPems } from "./pems.ts";
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
  const [source, target, opened] = await Promise.allSettled([
    serverOf("source", declaration.source, place),
    serverOf("target", declaration.target, place),
    logOf(name, log, place),
  ]);
  if (source.status === "fulfilled" && target.status === "fulfilled" && opened.status === "fulfilled") {
    return {
      ...{ source: { site: name, ...source.value }, target: target.value },
      ...{ databases: selection.databases, selection, ...opened.value },
    };
  }
  const faults = { source, target, log: opened };
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
  const secret = await resolveSecret(
    besideConfig(password, place.folder),
    `${end}.password`,
    place.stateFolder,
  );
  return { host, port, user, password: secret, ...(tls && (await readPems(tls, place.folder))) };
}

async function logOf(
  name: string,
  log: LogSpec,
  place: LinkPlace,
): Promise<Pick<LinkEnds, "openLog" | "checkLog">> {
  if (log.kind === "kafka") {
    const brokers = await brokersOf(log, place);
    const { topicPrefix } = log;
    return {
      openLog: async (stream) => {
        const { openKafkaLog } = await import("../log/kafka.ts");
        return openKafkaLog(brokers, { stream, topicPrefix });
      },
      checkLog: async () => {
        const { checkKafkaLog } = await import("../log/kafka.ts");
        return checkKafkaLog(brokers, { link: name, topicPrefix });
      },
    };
  }
  // A folder of its own in it: the logs of other streams there are thrown away.
  const folder =
    log.folder === undefined ? join(place.stateFolder, "log") : resolve(place.folder, log.folder, name);
  return { openLog: (stream) => openOnly(folder, stream, log.limit) };
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
    ...(tls !== false && { tls: tls === true ? {} : await readPems(tls, place.folder) }),
    ...(login !== undefined && {
      login: {
        ...login,
        password: await resolveSecret(
          besideConfig(login.password, place.folder),
          "log.login.password",
          place.stateFolder,
        ),
      },
    }),
  };
}
