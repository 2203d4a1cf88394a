import { HotsiteError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { answerOf } from "./control/answer.ts";
import { lineLogger } from "./control/log-lines.ts";

/** What runs on nodes: `gateway …` and `witness …`. Prints one line of JSON; the journal goes to standard error. */
const programs: Readonly<
  Record<
    string,
    () => Promise<(args: readonly string[], logger: Logger, signal: AbortSignal) => Promise<unknown>>
  >
> = {
  gateway: async () => (await import("./gateway/main.ts")).gateway,
  witness: async () => (await import("./witness/main.ts")).witness,
};

const [name = "", ...args] = process.argv.slice(2);
const stop = new AbortController();
for (const ending of ["SIGTERM", "SIGINT"] as const) process.once(ending, () => stop.abort());

const answer = await answerOf(async () => {
  const program = programs[name];
  if (program === undefined) throw new HotsiteError("usage", "node main.mjs gateway|witness …");
  const logger = lineLogger((line) => process.stderr.write(line));
  return (await program())(args, logger, stop.signal);
});
// What is still open then are connections to somebody who does not answer.
process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(answer.ok ? 0 : 1));
