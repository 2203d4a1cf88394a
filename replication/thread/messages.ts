import type { MessagePort } from "node:worker_threads";
import type { LogBatch } from "../../core/log.ts";
import type { LinkOrder, SkipOrder } from "../../core/protection.ts";
import type { Applied } from "../checkpoint.ts";
import type { Answer } from "../control/answer.ts";

/** A target as it goes to another thread of this process: there a `Secret` would be an empty object. */
export interface PlainServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** One run of a processor. Everything that is said of it goes through `port`, which is closed at its end. */
export interface Work {
  readonly target: PlainServer;
  readonly order: LinkOrder;
  readonly skip?: SkipOrder;
  readonly until: number;
  readonly port: MessagePort;
}

/** What the thread says. */
export type FromThread =
  /** Batches from the one that holds this record; what an earlier reading still sends is of no interest. */
  | { readonly kind: "read"; readonly reading: number; readonly from: number }
  /** One batch was taken: another one may come. */
  | { readonly kind: "taken"; readonly reading: number }
  | { readonly kind: "tail"; readonly call: number }
  | { readonly kind: "trim"; readonly call: number; readonly upTo: number }
  | { readonly kind: "applied"; readonly applied: Applied; readonly heartbeatMs: number | undefined }
  | { readonly kind: "trouble"; readonly problem: string | undefined }
  | { readonly kind: "log"; readonly level: LogLevel; readonly message: string; readonly fields: object }
  /** The last word. */
  | { readonly kind: "ended"; readonly answer: Answer };

/** What the thread is told. */
export type ToThread =
  /** `tail`: the last record that the log had then. */
  | { readonly kind: "batch"; readonly reading: number; readonly batch: LogBatch; readonly tail: number }
  | { readonly kind: "unread"; readonly reading: number; readonly answer: Answer }
  | { readonly kind: "answer"; readonly call: number; readonly answer: Answer }
  | { readonly kind: "stop" };

export type LogLevel = "debug" | "info" | "warn" | "error";

/** Batches that are sent before one of them is taken: enough that the thread never waits for the next. */
export const sentAhead = 3;
