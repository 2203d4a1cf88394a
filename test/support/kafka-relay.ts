import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** `none` passes everything; the others break the connection of a client that produces, after or before the broker has stored it. */
type Loss = "none" | "answer" | "request";

/** A relay in front of a broker that loses what a producer sends, or what it is answered. */
export interface KafkaRelay extends AsyncDisposable {
  readonly port: number;
  lose(loss: Loss): void;
}

/** Kafka's number of the request that stores records; it stands behind the length. */
const produce = 0;

export async function kafkaRelay(target: () => number): Promise<KafkaRelay> {
  const sockets = new Set<Socket>();
  let loss: Loss = "none";
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    const broker = keep(connect(target(), "127.0.0.1"));
    keep(client);
    let answerIsLost = false;
    client.on("data", (data) => {
      if (loss !== "none" && data.length > 8 && data.readInt16BE(4) === produce) {
        if (loss === "request") return client.destroy();
        answerIsLost = true;
      }
      return broker.write(data);
    });
    broker.on("data", (data) => (answerIsLost ? client.destroy() : client.write(data)));
    client.on("close", () => broker.destroy());
    broker.on("close", () => client.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    lose: (what) => {
      loss = what;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
