import type { Cloud } from "../../core/application.ts";
import type { DriverLab } from "./lab.ts";

/** What `hotsite driver test` tries: a cloud as a config names it, and what it should refuse. */
export interface DriverTest extends Pick<DriverLab, "faulty" | "tooBig" | "failing"> {
  /** Its template is the one that machines are launched with. */
  readonly cloud: Cloud;
  /** Two sites; default: `east` and `west`. */
  readonly sites?: readonly [string, string];
  /** Names of everything that the cloud itself says an owner has; default: the machines that the driver lists. */
  readonly leftovers?: (owner: string) => Promise<readonly string[]>;
}

const DRIVER_TEST = Symbol.for("hotsite.driver-test");

/** What the module of a driver's test exports by default. */
export function driverTest(test: DriverTest): DriverTest {
  return Object.assign({ ...test }, { [DRIVER_TEST]: true });
}

export function isDriverTest(value: unknown): value is DriverTest {
  return typeof value === "object" && value !== null && DRIVER_TEST in value;
}
