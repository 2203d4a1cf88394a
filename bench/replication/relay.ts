import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A relay on loopback that counts what passes, both ways, and lets it wait as long as a way between two sites takes. */
export interface Relay extends AsyncDisposable {
  readonly port: number;
  bytes(): number;
}

export async function openRelay(target: number, delayMs: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  let bytes = 0;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on("data", (data) => (bytes += data.length));
    return socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    const far = keep(connect(target, "127.0.0.1"));
    keep(near).on("data", (data) => setTimeout(() => far.write(data), delayMs));
    far.on("data", (data) => setTimeout(() => near.write(data), delayMs));
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    bytes: () => bytes,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
