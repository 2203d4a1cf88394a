// Moves a database to another server from a program of one's own, without the `hotsite` command: node migrate.mjs
import { link, replicate, secret } from "hotsite";

const { SOURCE_PORT = "3306", TARGET_PORT = "3306" } = process.env;
const shop = link("migration", {
  source: {
    host: "127.0.0.1",
    port: Number(SOURCE_PORT),
    user: "link_source",
    password: secret.env("SOURCE_PASSWORD"),
  },
  target: {
    host: "127.0.0.1",
    port: Number(TARGET_PORT),
    user: "link_target",
    password: secret.env("TARGET_PASSWORD"),
  },
  databases: ["shop"],
  tables: { exclude: ["shop.tmp_*"] },
});

const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort());

// Goes on where it was when the program was interrupted before.
const running = await replicate(shop, {
  signal: interrupted.signal,
  onStatus: ({ state, copy }) => {
    if (copy !== undefined) console.log(`${state}: ${copy.rows} of ${copy.totalRows} rows`);
  },
});
try {
  console.log(`the target has everything up to ${await running.caughtUp()}`);
} finally {
  await running.stop();
}
