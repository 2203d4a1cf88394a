import ZongJi from "@vlasky/zongji";
import type { Connection } from "mysql2";
import type { Clock } from "../../core/clock.ts";
import { RetryableError } from "../../core/errors.ts";
import { connectionOptions } from "../connection.ts";
import { sourceError, type SourceOptions } from "../source.ts";
import { EventParser, type BinlogEvent } from "./event.ts";
import { PacketQueue } from "./packet-queue.ts";

/** The source sends a sign of life after so long without an event. */
const heartbeatMs = 2_000;
/** Longer than two missed heartbeats and a slow WAN: the connection is dead, whatever the socket says. */
const silenceMs = 10_000;
const watchMs = 1_000;

export interface DumpOptions {
  readonly source: SourceOptions;
  /** GTID position after which to begin, as text. */
  readonly from: string;
  /** Among all servers and readers of this source unique; a newer reader of the same id ends the older one. */
  readonly serverId: number;
  /** The server compresses what it sends. */
  readonly compress?: boolean;
  readonly clock: Clock;
}

/**
 * The source's binlog, event by event, as it is written. Zongji connects and asks for the dump; from the packet on we read it ourselves,
 * because its decoder loses types (docs/decisions). Memory stays bounded: the socket is paused while nobody takes.
 */
export class BinlogDump implements AsyncDisposable {
  readonly #zongji: ZongJi;
  readonly #packets = new PacketQueue(
    () => this.#connection?.pause(),
    () => this.#connection?.resume(),
  );
  readonly #ended = new AbortController();
  readonly #watching: Promise<void>;
  #parser = new EventParser(true);
  #connection: DumpConnection | undefined;

  constructor({ source, from, serverId, compress = false, clock }: DumpOptions, signal: AbortSignal) {
    this.#zongji = new ZongJi({ ...connectionOptions(source), compress });
    this.#zongji.on("error", (error: unknown) => this.#fail(error));
    this.#zongji.once("ready", () => this.#takeOver());
    const until = AbortSignal.any([signal, this.#ended.signal]);
    until.addEventListener("abort", () => this.#packets.end(until.reason));
    this.#watching = this.#watch(clock, until);
    this.#zongji.start({ serverId, gtidSet: from });
  }

  /** All events that have come, at least one. Rejects with what ended the dump, or when the signal is aborted. */
  async take(signal: AbortSignal): Promise<readonly BinlogEvent[]> {
    const packets = await this.#packets.take(signal);
    return packets.map((packet) => this.#parser.parse(packet));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort(new RetryableError("source-closed", "the dump of the binlog was closed"));
    await this.#watching;
    await new Promise<void>((resolve) => {
      this.#zongji.once("stopped", resolve);
      this.#zongji.stop();
    });
  }

  /** Just before Zongji sends the dump command: ask for heartbeats, and get the packets in its parser's stead. */
  #takeOver(): void {
    const internals = this.#zongji as unknown as ZongjiInternals;
    this.#parser = new EventParser(internals.useChecksum);
    this.#connection = internals.connection;
    const nanoseconds = heartbeatMs * 1_000_000;
    // The second is the newer name.
    const heartbeats = `SET @master_heartbeat_period = ${nanoseconds}, @source_heartbeat_period = ${nanoseconds}`;
    internals.connection.query(heartbeats, (error) => {
      if (error !== null) this.#fail(error);
    });
    // Without it an error instead of the first packet would be thrown out of the socket's handler.
    internals.BinlogClass.prototype.onResult = (error) => this.#fail(error);
    const receive = (packet: DumpPacket): unknown => (this.#receive(packet) ? receive : null);
    internals.BinlogClass.prototype.binlogData = receive;
  }

  /** Whether more may follow. */
  #receive(packet: DumpPacket): boolean {
    if (packet.isError()) this.#fail(packet.asError("utf8"));
    else if (packet.isEOF())
      this.#fail(new RetryableError("source-unreachable", "the source ended the dump: it is shutting down"));
    // The first byte says that the packet is neither an error nor the end.
    else this.#packets.push(packet.buffer.subarray(packet.offset + 1, packet.end));
    return !this.#ended.signal.aborted;
  }

  #fail(error: unknown): void {
    this.#ended.abort(sourceError(error));
  }

  /** A half-open connection says nothing for ever; a paused one is not asked to say anything. */
  async #watch(clock: Clock, signal: AbortSignal): Promise<void> {
    let [quietSince, seen] = [clock.now(), -1];
    while (!signal.aborted) {
      const { received, paused } = this.#packets;
      if (paused || received !== seen) [quietSince, seen] = [clock.now(), received];
      if (clock.now() - quietSince > silenceMs)
        this.#fail(new RetryableError("source-silent", `the source was silent for ${silenceMs / 1000} s`));
      await clock.sleep(watchMs, signal).catch(() => signal.aborted);
    }
  }
}

/** What Zongji's declarations leave out. */
interface ZongjiInternals {
  readonly useChecksum: boolean;
  readonly connection: DumpConnection;
  readonly BinlogClass: { readonly prototype: { binlogData: unknown; onResult: (error: Error) => void } };
}

type DumpConnection = Connection;

interface DumpPacket {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
  isEOF(): boolean;
  isError(): boolean;
  asError(encoding: string): Error;
}
