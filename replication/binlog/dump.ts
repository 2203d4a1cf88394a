import ZongJi from "@vlasky/zongji";
import type { Connection } from "mysql2";
import type { Clock } from "../../core/clock.ts";
import { RetryableError } from "../../core/errors.ts";
import { connectionOptions } from "../connection.ts";
import { sourceError, type SourceOptions } from "../source.ts";
import { EventParser, type BinlogEvent } from "./event.ts";
import { PacketFrames, type PacketBlock } from "./packet-frames.ts";
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
  /** The server compresses what it sends, so many bytes at a time; without it nothing. */
  readonly compressBytes?: number | undefined;
  readonly clock: Clock;
}

/**
 * The source's binlog, event by event, as it is written. Zongji connects and asks for the dump; from the packet on we read it ourselves,
 * because its decoder loses types (docs/decisions). Memory stays bounded: the socket is paused while nobody takes.
 */
export class BinlogDump implements AsyncDisposable {
  readonly #zongji: ZongJi;
  readonly #packets = new PacketQueue<PacketBlock>(
    () => this.#connection?.pause(),
    () => this.#connection?.resume(),
  );
  readonly #ended = new AbortController();
  readonly #watching: Promise<void>;
  #parser = new EventParser(true);
  #connection: DumpConnection | undefined;

  constructor({ source, from, serverId, compressBytes, clock }: DumpOptions, signal: AbortSignal) {
    this.#zongji = new ZongJi({ ...connectionOptions(source), compress: compressBytes !== undefined });
    this.#zongji.on("error", (error: unknown) => this.#fail(error));
    this.#zongji.once("ready", () => this.#takeOver(compressBytes));
    const until = AbortSignal.any([signal, this.#ended.signal]);
    until.addEventListener("abort", () => this.#packets.end(until.reason));
    this.#watching = this.#watch(clock, until);
    this.#zongji.start({ serverId, gtidSet: from });
  }

  /** All events that have come, at least one. Rejects with what ended the dump, or when the signal is aborted. */
  async take(signal: AbortSignal): Promise<readonly BinlogEvent[]> {
    const events: BinlogEvent[] = [];
    for (const { bytes, places } of await this.#packets.take(signal))
      for (let place = 0; place < places.length; place += 2)
        events.push(this.#parser.parseAt(bytes, places[place] ?? 0, places[place + 1] ?? 0));
    return events;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort(new RetryableError("source-closed", "the dump of the binlog was closed"));
    await this.#watching;
    await new Promise<void>((resolve) => {
      this.#zongji.once("stopped", resolve);
      this.#zongji.stop();
    });
  }

  /** Just before Zongji sends the dump command: ask for heartbeats, and get the bytes in its connection's stead. */
  #takeOver(compressBytes: number | undefined): void {
    const { useChecksum, connection, BinlogClass } = this.#zongji as unknown as ZongjiInternals;
    this.#parser = new EventParser(useChecksum);
    this.#connection = connection;
    const nanoseconds = heartbeatMs * 1_000_000;
    // The second is the newer name.
    const heartbeats = `SET @master_heartbeat_period = ${nanoseconds}, @source_heartbeat_period = ${nanoseconds}`;
    if (compressBytes !== undefined)
      connection.query(padded(compressBytes), (error) => {
        if (error !== null) this.#fail(error);
      });
    connection.query(heartbeats, (error) => {
      if (error === null) this.#listen(connection);
      else this.#fail(error);
    });
    // Without it an error instead of the first packet would be thrown out of the socket's handler.
    BinlogClass.prototype.onResult = (error) => this.#fail(error);
    BinlogClass.prototype.binlogData = () => {
      this.#fail(new RetryableError("source-unreachable", "the source ended the dump: it is shutting down"));
      return null;
    };
  }

  /** After the last answer to a query, before the first packet of the dump. */
  #listen(connection: DumpConnection): void {
    const layer = connection._inflatedPacketsParser === undefined ? "packetParser" : "_inflatedPacketsParser";
    const parser = connection[layer];
    const frames = new PacketFrames((packet) => {
      // It reads errors, and would warn of packets that it has not seen.
      connection.sequenceId = packet[3] ?? 0;
      parser?.execute(packet);
    });
    connection[layer] = {
      execute: (chunk) => {
        for (const block of frames.push(chunk)) this.#packets.push(block);
      },
    };
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

/** A server's buffer grows with what it receives; what it sends, it compresses a buffer at a time. */
function padded(bytes: number): string {
  return `DO 0 /*${" ".repeat(bytes)}*/`;
}

/** What Zongji's declarations leave out. */
interface ZongjiInternals {
  readonly useChecksum: boolean;
  readonly connection: DumpConnection;
  readonly BinlogClass: { readonly prototype: { binlogData: unknown; onResult: (error: Error) => void } };
}

/** And mysql2's: bytes come to the one parser, or when the server compresses, unpacked to the other. */
interface DumpConnection extends Connection {
  sequenceId: number;
  packetParser: ChunkParser;
  _inflatedPacketsParser?: ChunkParser;
}

interface ChunkParser {
  execute(chunk: Buffer): void;
}
