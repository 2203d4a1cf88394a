import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parentsFirst } from "../../replication/copy-order.ts";

describe("the order of a first copy", () => {
  test("parents come before children, and a circle makes one group", () => {
    const references = [
      { child: "a", parent: "c" },
      { child: "c", parent: "d" },
      { child: "d", parent: "c" },
      { child: "b", parent: "b" },
      { child: "b", parent: "elsewhere" },
    ];
    expect(parentsFirst(["a", "b", "c", "d"], references)).toEqual([["b"], ["c", "d"], ["a"]]);
  });

  test("holds for any references", () => {
    const edge = fc.record({ child: fc.nat(11), parent: fc.nat(11) });
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 20 }), (edges) => {
        const names = Array.from({ length: 12 }, (_, index) => `t${index}`);
        const references = edges.map(({ child, parent }) => ({ child: `t${child}`, parent: `t${parent}` }));
        const groups = parentsFirst(names, references);
        expect(groups.flat().sort()).toEqual([...names].sort());
        const placeOf = (name: string): number => groups.findIndex((group) => group.includes(name));
        for (const { child, parent } of references)
          expect(placeOf(parent)).toBeLessThanOrEqual(placeOf(child));
        for (const group of groups.filter(({ length }) => length > 1))
          for (const name of group) expect(references.some(({ child }) => child === name)).toBe(true);
      }),
    );
  });

  test("thousands of tables take no time", () => {
    const names = Array.from({ length: 5_000 }, (_, index) => `t${index}`);
    const references = names.slice(1).map((child, index) => ({ child, parent: `t${index - (index % 50)}` }));
    expect(parentsFirst(names, references)).toHaveLength(5_000);
  });
});
