import { systemClock } from "../../core/clock.ts";
import { Secret } from "../../core/secret.ts";
import { readTransactions } from "../../replication/read-transactions.ts";
import { runDecoder } from "./decode-task.ts";

await runDecoder(async ({ port, user, password, from, to, database }) => {
  const source = { host: "127.0.0.1", port, user, password: new Secret(password), site: "east" };
  const options = { source, databases: [database], clock: systemClock };
  let rows = 0;
  for await (const { changes } of readTransactions(options, from, to, new AbortController().signal)) {
    for (const change of changes) if (change.kind !== "statement") rows += change.rows.length;
  }
  return rows;
});
