import { describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { faultLine } from "../../core/errors.ts";
import { faultsOf } from "../../core/faults.ts";

const size = z.strictObject({ initial: z.int(), min: z.int() }).partial();
const pool = z.strictObject({ wire: z.string(), maxTotal: z.int().default(5) });
const log = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("embedded"), folder: z.string().optional() }),
  z.strictObject({ kind: z.literal("kafka"), brokers: z.array(z.string()) }),
]);
const shape = z.strictObject({
  size: size.optional(),
  version: z.string().optional(),
  port: z.int().max(65_535).optional(),
  on: z.boolean().optional(),
  seeds: z.array(z.string()).default([]),
  pool: z.union([z.string().regex(/^jdbc:/), pool], { error: "should be a wire, or a pool" }).optional(),
  tls: z.union([z.boolean(), z.strictObject({ ca: z.string() })]).optional(),
  log: log.optional(),
  mode: z.enum(["hot", "warm"]).optional(),
  password: z.number().optional(),
  byName: z.record(z.string(), size).optional(),
});

const saidOf = (input: unknown): readonly string[] => faultsOf(shape, input, "it").map(faultLine);

describe("a fault of a setting says what is allowed and what was probably meant", () => {
  test.each([
    [{ size: 2 }, "  it.size: has the wrong type (found 2); allowed: { initial, min }"],
    [{ byName: { web: 2 } }, "  it.byName.web: has the wrong type (found 2); allowed: { initial, min }"],
    [
      { byName: { web: { inital: 2 } } },
      "  it.byName.web.inital: is not a setting; allowed: initial, min\n    → did you mean initial?",
    ],
    [
      { version: 11.8 },
      '  it.version: has the wrong type (found 11.8); allowed: a text\n    → did you mean "11.8"?',
    ],
    [{ port: "80" }, '  it.port: has the wrong type (found "80"); allowed: a number\n    → did you mean 80?'],
    [{ port: "99999" }, '  it.port: has the wrong type (found "99999"); allowed: a number'],
    [{ port: 80n }, "  it.port: has the wrong type (found 80n); allowed: a number"],
    [{ port: NaN }, "  it.port: has the wrong type (found NaN); allowed: a number"],
    [{ port: null }, "  it.port: has the wrong type (found null); allowed: a number"],
    [
      { on: "true" },
      '  it.on: has the wrong type (found "true"); allowed: true or false\n    → did you mean true?',
    ],
    [
      { seeds: "a.sql" },
      '  it.seeds: has the wrong type (found "a.sql"); allowed: a list\n    → did you mean ["a.sql"]?',
    ],
    [
      { pool: { wire: "w", maxtotal: 3 } },
      "  it.pool.maxtotal: is not a setting; allowed: wire, maxTotal\n    → did you mean maxTotal?",
    ],
    [{ pool: 3 }, "  it.pool: should be a wire, or a pool (found 3)"],
    [{ tls: 1 }, "  it.tls: has the wrong type (found 1); allowed: true or false or { ca }"],
    [
      { tls: { ca: 1 } },
      '  it.tls.ca: has the wrong type (found 1); allowed: a text\n    → did you mean "1"?',
    ],
    [
      { log: { kind: "kafak", brokers: [] } },
      '  it.log.kind: is not one of the known values (found "kafak"); allowed: "embedded", "kafka"\n    → did you mean kafka?',
    ],
    [{ log: {} }, '  it.log.kind: is missing; allowed: "embedded", "kafka"'],
    [
      { log: "kafka" },
      '  it.log: has the wrong type (found "kafka"); allowed: { kind, folder } or { kind, brokers }',
    ],
    [
      { log: { kind: "embedded", foldr: "x" } },
      "  it.log.foldr: is not a setting; allowed: kind, folder\n    → did you mean folder?",
    ],
    [
      { mode: "Hot" },
      '  it.mode: is not one of the known values (found "Hot"); allowed: "hot", "warm"\n    → did you mean hot?',
    ],
    [{ password: "4711" }, "  it.password: has the wrong type (found a string); allowed: a number"],
  ])("%p", (input, expected) => {
    expect(saidOf(input)).toEqual([expected]);
  });

  test("what is no object at all is told by its settings", () => {
    expect(faultsOf(size, "two", "it.size").map(faultLine)).toEqual([
      '  it.size: has the wrong type (found "two"); allowed: { initial, min }',
    ]);
    expect(faultsOf(shape, undefined, "it")[0]).toMatchObject({ path: "it", problem: "is missing" });
  });
});
