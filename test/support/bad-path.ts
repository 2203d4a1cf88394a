import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** Seen from whoever connects. */
type Way = "there" | "back";

export interface BadPathOptions {
  /** How long everything is on its way, in each direction. */
  readonly delayMs?: number;
  /** What fits through in each direction, for all connections together. */
  readonly bytesPerSecond?: number;
}

/** A TCP relay on loopback that does to connections what a bad line does. */
export interface BadPath extends AsyncDisposable {
  readonly port: number;
  /** From now on nothing passes on the connections there are, or only one way, and no end is told of the other; new ones work. */
  stall(way?: Way): void;
  /** Nothing passes on new connections either, until `heal`. */
  cut(): void;
  heal(): void;
}

/** What is on its way may fill this much time of the line; then the sender waits. */
const fullMs = 250;

export async function badPath(
  target: number,
  { delayMs = 0, bytesPerSecond = Infinity }: BadPathOptions = {},
): Promise<BadPath> {
  const carried = new Set<Carried>();
  const lines = { there: new Line(bytesPerSecond, delayMs), back: new Line(bytesPerSecond, delayMs) };
  let isCut = false;
  const server = createServer((near) => {
    const pair = new Carried(near, connect(target, "127.0.0.1"), lines);
    carried.add(pair);
    if (isCut) pair.stall("there", "back");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const stall = (...ways: readonly Way[]): void => {
    for (const pair of carried) pair.stall(...ways);
  };
  return {
    port: (server.address() as AddressInfo).port,
    stall: (way) => stall(...(way === undefined ? (["there", "back"] as const) : [way])),
    cut: () => {
      isCut = true;
      stall("there", "back");
    },
    heal: () => {
      isCut = false;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const pair of carried) pair.destroy();
      await closed;
    },
  };
}

/** One connection. */
class Carried {
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #stalled = new Set<Way>();

  constructor(near: Socket, far: Socket, lines: Readonly<Record<Way, Line>>) {
    [this.#near, this.#far] = [near, far];
    this.#carry(near, far, "there", lines.there);
    this.#carry(far, near, "back", lines.back);
  }

  stall(...ways: readonly Way[]): void {
    for (const way of ways) this.#stalled.add(way);
  }

  destroy(): void {
    this.#near.destroy();
    this.#far.destroy();
  }

  #carry(from: Socket, to: Socket, way: Way, line: Line): void {
    from.on("error", () => from.destroy());
    from.on("data", (data) => {
      line.send(data.length, () => {
        if (!this.#stalled.has(way)) to.write(data);
      });
      if (line.waitMs < fullMs) return;
      from.pause();
      line.whenFree(() => from.resume());
    });
    // What is behind a stalled way never hears of the end.
    from.on("close", () =>
      line.send(0, () => {
        if (!this.#stalled.has(way)) to.destroy();
      }),
    );
  }
}

/** One direction of the line: what is sent first arrives first. */
class Line {
  readonly #bytesPerMs: number;
  readonly #delayMs: number;
  /** When everything that was sent has left. */
  #freeMs = 0;

  constructor(bytesPerSecond: number, delayMs: number) {
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#delayMs = delayMs;
  }

  get waitMs(): number {
    return Math.max(0, this.#freeMs - performance.now());
  }

  send(bytes: number, arrived: () => void): void {
    this.#freeMs = performance.now() + this.waitMs + bytes / this.#bytesPerMs;
    const waitMs = this.waitMs + this.#delayMs;
    if (waitMs === 0) arrived();
    else setTimeout(arrived, waitMs).unref();
  }

  whenFree(work: () => void): void {
    setTimeout(work, this.waitMs).unref();
  }
}
