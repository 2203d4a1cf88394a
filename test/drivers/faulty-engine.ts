import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import http, { type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Stands before the container engine and loses its answers: what was asked for is done, and nobody hears of it. */
export class FaultyEngine implements AsyncDisposable {
  /** As DOCKER_HOST has it. */
  readonly host: string;
  /** Which request from now on gets no answer, counted from 1; 0: none. */
  loseAnswerOf = 0;
  /** From the first request on that this matches, nothing is answered: the engine is dead. */
  dieAt: RegExp | undefined;
  readonly #server: Server;
  readonly #folder: string;
  #dead = false;

  private constructor(folder: string, engineSocket: string) {
    this.#folder = folder;
    this.host = `unix://${join(folder, "engine.sock")}`;
    this.#server = http.createServer((request, response) => this.#pass(engineSocket, request, response));
  }

  static async open(engineSocket: string): Promise<FaultyEngine> {
    const engine = new FaultyEngine(await mkdtemp(join(tmpdir(), "hotsite-test-")), engineSocket);
    await once(engine.#server.listen(engine.host.slice("unix://".length)), "listening");
    return engine;
  }

  #pass(socketPath: string, request: IncomingMessage, response: ServerResponse): void {
    const lost = this.loseAnswerOf > 0 && --this.loseAnswerOf === 0;
    const { method, url: path, headers } = request;
    if (this.#dead || this.dieAt?.test(`${method ?? ""} ${path ?? ""}`) === true) {
      this.#dead = true;
      request.socket.destroy();
      return;
    }
    const forwarded = http.request({ socketPath, method, path, headers }, (answer) => {
      if (lost) {
        answer.resume().on("end", () => request.socket.destroy());
        return;
      }
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    forwarded.on("error", () => request.socket.destroy());
    request.pipe(forwarded);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
