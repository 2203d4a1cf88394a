import { describe, jest, test } from "@jest/globals";
import type { ServerName } from "./server-link.ts";
import { walk } from "./walk.ts";

jest.setTimeout(3_600_000);

const pairs: readonly (readonly [ServerName, ServerName])[] = [
  ["MariaDB 10.11", "MariaDB 10.11"],
  ["MariaDB 10.11", "MariaDB 11.8"],
  ["MySQL 9.7", "MySQL 9.7"],
  ["MySQL 8.0.15", "MySQL 8.0.15"],
  ["MySQL 8.0.15", "MySQL 9.7"],
  ["MySQL 9.7", "MySQL 8.0.15"],
  ["MySQL 9.7", "MariaDB 11.8"],
  ["MySQL 8.0.15", "MariaDB 10.11"],
  ["MariaDB 11.8", "MySQL 9.7"],
  ["MariaDB 10.11", "MySQL 8.0.15"],
];
const only = process.env["HOTSITE_PAIR"];
const seeds = (process.env["HOTSITE_SEED"] ?? "1,2,3").split(",").map(Number);
const steps = Number(process.env["HOTSITE_STEPS"] ?? 1_500);

describe.each(pairs.filter((pair) => only === undefined || only === "" || pair.join(" to ") === only))(
  "from %s to %s",
  (source, target) => {
    test.each(seeds)("a link follows any rows and any changes of the schema, seed %i", async (seed) => {
      const { rows, changes } = await walk({ source, target, seed, steps });
      process.stderr.write(`${source} to ${target}, seed ${seed}: ${rows} rows, ${changes} changes\n`);
    });
  },
);
