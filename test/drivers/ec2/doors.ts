import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** The public address of a machine: an address of loopback that leads to its private one, on the ports that its security groups open. */
export class Doors implements AsyncDisposable {
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  static async open(publicIp: string, privateIp: string, ports: readonly number[]): Promise<Doors> {
    const doors = new Doors();
    await Promise.all(ports.map((port) => doors.#listen(publicIp, privateIp, port)));
    return doors;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
    await Promise.resolve();
  }

  async #listen(publicIp: string, privateIp: string, port: number): Promise<void> {
    const server = createServer((near) => {
      const far = this.#keep(connect(port, privateIp));
      this.#keep(near).pipe(far).pipe(near);
    }).listen(port, publicIp);
    this.#servers.push(server);
    await once(server, "listening");
  }

  /** Either end may vanish; then the other one goes as well. */
  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    return socket.on("error", () => socket.destroy());
  }
}
