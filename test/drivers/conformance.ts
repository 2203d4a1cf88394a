import { describe, test } from "@jest/globals";
import { runCase } from "../../drivers/kit/bench.ts";
import { driverCases } from "../../drivers/kit/conformance.ts";
import type { DriverLab } from "../../drivers/kit/lab.ts";
import { connectTo } from "../../remote/machine.ts";

/** The cases of `hotsite driver test`, as tests. */
export function describeDriver(name: string, lab: DriverLab): void {
  describe(`${name} as a driver`, () => {
    for (const one of driverCases) {
      test(one.title, async () => {
        await runCase(lab, one, connectTo, new AbortController().signal);
      });
    }
  });
}
