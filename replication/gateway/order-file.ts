import { z } from "zod";
import { HotsiteError } from "../../core/errors.ts";
import { readIfThere, writeDurably } from "../control/durable-file.ts";
import { linkOrder, pauseScope, skipOrder } from "./control.ts";

const wishSchema = z.strictObject({
  order: linkOrder,
  mode: z.enum(["run", "drain", "stop"]),
  paused: pauseScope.optional(),
  /** The last transaction that a person has left out. */
  skip: skipOrder.optional(),
  /** Why it stopped last; gone once it goes on. */
  failure: z
    .strictObject({ problem: z.string(), remedy: z.string().optional(), stoppedAt: z.string().optional() })
    .optional(),
});

/** What the gateway is to do. */
export type Wish = z.infer<typeof wishSchema>;

/** The gateway's wish, kept over restarts. */
export class OrderFile {
  readonly #path: string;
  #wish: Wish | undefined;

  private constructor(path: string, wish: Wish | undefined) {
    this.#path = path;
    this.#wish = wish;
  }

  static async open(path: string): Promise<OrderFile> {
    const text = await readIfThere(path);
    return new OrderFile(path, text === undefined ? undefined : parse(path, text));
  }

  get wish(): Wish | undefined {
    return this.#wish;
  }

  async write(wish: Wish): Promise<void> {
    await writeDurably(this.#path, JSON.stringify(wish));
    this.#wish = wish;
  }
}

function parse(path: string, text: string): Wish {
  try {
    return wishSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new HotsiteError("order-unreadable", `${path} does not hold an order`, {
      cause,
      hint: "remove it and give the gateway its order again: hotsite resume",
    });
  }
}
