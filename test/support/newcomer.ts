import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A connection to a database server that was greeted and has not said yet who it is. */
export class Newcomer implements Disposable {
  readonly #socket: Socket;
  readonly #ended: Promise<unknown>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#ended = once(socket, "close");
  }

  static async at({ host, port }: { readonly host: string; readonly port: number }): Promise<Newcomer> {
    const socket = connect(port, host).on("error", () => undefined);
    await once(socket, "data");
    return new Newcomer(socket);
  }

  /** Whether the server still listens: it answers what is no login with an error, and then hangs up. */
  async isHeard(): Promise<boolean> {
    let answered = false;
    this.#socket.on("data", () => (answered = true)).write(notALogin);
    await this.#ended;
    return answered;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

/** A packet of one byte, the second of the connection. */
const notALogin = Buffer.from([1, 0, 0, 1, 0]);
