import { once } from "node:events";
import net from "node:net";
import { pipeline } from "node:stream";
import type { Endpoint } from "../core/driver.ts";
import type { Shell } from "../core/shell.ts";

/** A port of this machine that leads to a port as a node sees it, for clients that only know host and port. */
export interface Tunnel extends AsyncDisposable {
  readonly endpoint: Endpoint;
}

/** Opens a tunnel through a shell's connection; closing it ends the connections inside. */
export async function openTunnel(shell: Shell, target: Endpoint, signal: AbortSignal): Promise<Tunnel> {
  const sockets = new Set<net.Socket>();
  const closed = new AbortController();
  const server = net.createServer({ pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    shell.forward(target.host, target.port, closed.signal).then(
      (stream) => {
        pipeline(socket, stream, () => socket.destroy());
        pipeline(stream, socket, () => stream.destroy());
      },
      (error: unknown) => socket.destroy(error instanceof Error ? error : undefined),
    );
    // A client sees a lost tunnel as a lost connection; that is where it is handled.
    socket.on("error", () => socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening", { signal });
  const { port } = server.address() as net.AddressInfo;
  return {
    endpoint: { host: "127.0.0.1", port },
    [Symbol.asyncDispose]: async () => {
      closed.abort();
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}
