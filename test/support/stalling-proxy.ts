import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A TCP relay on loopback that can fall silent without closing anything, as a path whose middle is gone. */
export interface StallingProxy extends AsyncDisposable {
  readonly port: number;
  /** From now on nothing passes on the connections there are; new ones work. */
  stall(): void;
}

export async function stallingProxy(targetPort: number): Promise<StallingProxy> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    // Either end may vanish; that is what the relay is for.
    return socket.on("error", () => socket.destroy());
  };
  const server = createServer((near) => {
    const far = keep(connect(targetPort, "127.0.0.1"));
    keep(near).pipe(far).pipe(near);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    stall: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
