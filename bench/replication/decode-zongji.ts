import { once } from "node:events";
import ZongJi from "@vlasky/zongji";
import { runDecoder } from "./decode-task.ts";

/** As its documentation uses it. */
await runDecoder(async ({ port, user, password, from, database, rows: wanted }) => {
  const zongji = new ZongJi({ host: "127.0.0.1", port, user, password });
  let rows = 0;
  zongji.on("binlog", (event: unknown) => {
    rows += rowsIn(event);
    if (rows >= wanted) zongji.stop();
  });
  const over = Promise.race([once(zongji, "stopped"), failed(zongji)]);
  zongji.start({
    serverId: 4242,
    gtidSet: from,
    includeEvents: ["tablemap", "writerows", "updaterows", "deleterows"],
    includeSchema: { [database]: true },
  });
  await over;
  return rows;
});

function rowsIn(event: unknown): number {
  return typeof event === "object" && event !== null && "rows" in event && Array.isArray(event.rows)
    ? event.rows.length
    : 0;
}

async function failed(zongji: ZongJi): Promise<never> {
  const [error] = (await once(zongji, "error")) as [unknown];
  throw error;
}
