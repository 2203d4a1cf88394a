import { parentPort } from "node:worker_threads";
import { systemClock } from "../../core/clock.ts";
import type { Logger } from "../../core/logger.ts";
import { Secret } from "../../core/secret.ts";
import { answerOf } from "../control/answer.ts";
import { Processor } from "../processor.ts";
import type { TargetOptions } from "../target.ts";
import type { FromThread, LogLevel, PlainServer, ToThread, Work } from "./messages.ts";
import { RemoteLog } from "./remote-log.ts";

/** The program of the thread: one run of a processor for each message. */
parentPort?.on("message", (work: Work) => void run(work));
parentPort?.postMessage("ready");

async function run({ port, target, order, skip, until }: Work): Promise<void> {
  const say = (message: FromThread): void => port.postMessage(message);
  const log = new RemoteLog(port);
  const stop = new AbortController();
  port.on("message", (message: ToThread) => {
    if (message.kind === "stop") stop.abort();
    else log.take(message);
  });
  const processor = new Processor({
    ...{ target: server(target), log, order, clock: systemClock, logger: loggerOf(say) },
    ...(skip !== undefined && { skip }),
    onApplied: (applied, heartbeatMs) => say({ kind: "applied", applied, heartbeatMs }),
    onTrouble: (problem) => say({ kind: "trouble", problem }),
  });
  say({ kind: "ended", answer: await answerOf(() => processor.run(stop.signal, until)) });
}

function server({ password, key, ...rest }: PlainServer): TargetOptions {
  return { ...rest, password: new Secret(password), ...(key !== undefined && { key: new Secret(key) }) };
}

function loggerOf(say: (message: FromThread) => void): Logger {
  const at =
    (level: LogLevel) =>
    (message: string, fields: object = {}): void =>
      say({ kind: "log", level, message, fields });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
