import type { DriverCase } from "./bench.ts";
import { failureCases } from "./failure-cases.ts";
import { launchCases } from "./launch-cases.ts";
import { powerCases } from "./power-cases.ts";

/** What every driver does. Machines of the lab are real, and so is everything that is asked of them. */
export const driverCases: readonly DriverCase[] = [...launchCases, ...powerCases, ...failureCases];
