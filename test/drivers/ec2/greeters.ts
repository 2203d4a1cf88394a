import { once } from "node:events";
import { createServer, type Server } from "node:net";
import type { Backing, FarmEvent } from "./machines.ts";

/** Stands for machines where only the cloud's calls are looked at: each says at its public address that SSH is there, and nothing more. */
export class Greeters implements Backing {
  readonly #servers = new Map<string, Server>();

  async handle(event: FarmEvent): Promise<void> {
    if (event.event === "delete-vpc") return;
    this.#silence(event.id);
    if (event.publicIp === "" || event.event === "stop" || event.event === "terminate") return;
    const server = createServer((socket) =>
      socket.on("error", () => socket.destroy()).end("SSH-2.0-greeter\r\n"),
    );
    this.#servers.set(event.id, server);
    await once(server.listen(22, event.publicIp), "listening");
  }

  left(): Promise<string[]> {
    return Promise.resolve([...this.#servers.keys()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of [...this.#servers.keys()]) this.#silence(id);
    await Promise.resolve();
  }

  #silence(id: string): void {
    this.#servers.get(id)?.close();
    this.#servers.delete(id);
  }
}
