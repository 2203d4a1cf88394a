import { describe, expect, jest, test } from "@jest/globals";
import { walk } from "./walk.ts";

jest.setTimeout(240_000);

describe("a link follows any rows and any changes of the schema", () => {
  test.each([
    ["MariaDB 10.11", "MariaDB 11.8", 7],
    ["MySQL 9.7", "MySQL 9.7", 8],
    ["MySQL 9.7", "MariaDB 10.11", 9],
    ["MariaDB 10.11", "MySQL 8.0.15", 10],
  ] as const)("from %s to %s", async (source, target, seed) => {
    const { rows } = await walk({ source, target, seed, steps: 150 });
    expect(rows).toBeGreaterThan(200);
  });
});
