import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** What happens to one call of the API on its way. */
export type Mishap =
  /** The cloud never hears of it; `then` is done, and the connection broken. */
  | { readonly kind: "lost-before"; readonly then: () => void }
  /** The cloud does it and its answer is lost. */
  | { readonly kind: "lost-after"; readonly then: () => void }
  /** The caller has its answer, and `then` is done. */
  | { readonly kind: "after"; readonly then: () => void }
  /** The cloud refuses. */
  | { readonly kind: "refuse"; readonly code: string; readonly status: number };

/** Stands before the cloud, counts what it is asked and lets things go wrong. */
export class Front implements AsyncDisposable {
  /** Actions in the order in which they came. */
  readonly actions: string[] = [];
  /** Asked about every call, with its number from 1 on; undefined: it passes. */
  mishap: (action: string, number: number) => Mishap | undefined = () => undefined;
  readonly #server: http.Server;
  readonly #target: number;

  private constructor(target: number) {
    this.#target = target;
    this.#server = http.createServer((request, response) => void this.#pass(request, response));
  }

  static async open(target: number): Promise<Front> {
    const front = new Front(target);
    front.#server.listen(0, "127.0.0.1");
    await once(front.#server, "listening");
    return front;
  }

  /** As an endpoint override has it. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Nothing goes wrong any more, and counting begins again. */
  reset(): void {
    this.mishap = () => undefined;
    this.actions.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const action = actionOf(body.toString()) ?? String(request.headers["x-amz-target"]);
    this.actions.push(action);
    const mishap = this.mishap(action, this.actions.length);
    if (mishap?.kind === "refuse") {
      response.writeHead(mishap.status, { "content-type": "text/xml" });
      response.end(refusal(mishap.code));
    } else if (mishap?.kind === "lost-before") {
      mishap.then();
      request.socket.destroy();
    } else {
      await this.#forward(request, body, response, mishap);
    }
  }

  async #forward(
    { method, url, headers, socket }: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
    mishap: Mishap | undefined,
  ): Promise<void> {
    const forwarded = http.request({ host: "127.0.0.1", port: this.#target, method, path: url, headers });
    forwarded.on("error", () => socket.destroy());
    forwarded.end(body);
    const [answer] = (await once(forwarded, "response")) as [IncomingMessage];
    const text = await buffer(answer);
    if (mishap?.kind === "lost-after") {
      mishap.then();
      socket.destroy();
      return;
    }
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    response.end(text, () => {
      if (mishap?.kind === "after") mishap.then();
    });
  }
}

/** A rehearsal is another action than the deed: `DryRun RunInstances`. */
function actionOf(body: string): string | undefined {
  const words = new URLSearchParams(body);
  const action = words.get("Action") ?? undefined;
  return action !== undefined && words.get("DryRun") === "true" ? `DryRun ${action}` : action;
}

function refusal(code: string): string {
  const error = `<Error><Code>${code}</Code><Message>as the test says</Message></Error>`;
  return `<?xml version="1.0"?><Response><Errors>${error}</Errors><RequestID>0</RequestID></Response>`;
}
