/** Launches claims on hosts of its argument, all at once; prints the host of each that it got, as `name host`. */
import type { NodeClaim } from "../../../core/driver.ts";
import { CapacityError } from "../../../core/errors.ts";
import { ByonDriver } from "../../../drivers/byon/driver.ts";
import type { PoolOptions } from "../../../drivers/byon/options.ts";
import { openShell } from "../../../remote/ssh.ts";

/** What the test hands over. */
export interface Order {
  readonly options: PoolOptions;
  readonly stateFolder: string;
  readonly claims: readonly NodeClaim[];
}

const { options, stateFolder, claims } = JSON.parse(process.argv[2] ?? "{}") as Order;
const signal = AbortSignal.timeout(60_000);
await using driver = new ByonDriver(options, { sites: [], configFolder: "/", stateFolder, openShell });
const launches = claims.map(async (claim) => {
  try {
    console.log(`${claim.id} ${(await driver.launch(claim, signal)).address}`);
  } catch (error) {
    if (!(error instanceof CapacityError)) throw error;
  }
});
await Promise.all(launches);
