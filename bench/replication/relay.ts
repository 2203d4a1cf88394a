import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/**
 * A relay on loopback that counts what passes, both ways, and lets it wait as long as a way between two sites takes. What it is given goes
 * on at once, as its ends ask of their own sockets: else a small packet behind a large one would wait for a delayed acknowledgement.
 */
export interface Relay extends AsyncDisposable {
  readonly port: number;
  bytes(): number;
  /** Connections that come from now on go to this port. */
  turnTo(target: number): void;
}

export async function openRelay(first: number, delayMs: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  let [target, bytes] = [first, 0];
  const later = (send: () => void): unknown => (delayMs === 0 ? send() : setTimeout(send, delayMs));
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on("data", (data) => (bytes += data.length));
    return socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket));
  };
  const server = createServer({ noDelay: true }, (near) => {
    const far = keep(connect({ port: target, host: "127.0.0.1", noDelay: true }));
    keep(near).on("data", (data) => later(() => far.write(data)));
    far.on("data", (data) => later(() => near.write(data)));
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    bytes: () => bytes,
    turnTo: (port) => (target = port),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
