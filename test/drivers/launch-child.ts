/** Launches the claims of its argument at once; says `begin` first. */
import type { NodeClaim } from "../../core/driver.ts";
import { LocalDriver } from "../../drivers/local/driver.ts";

const claims = JSON.parse(process.argv[2] ?? "[]") as NodeClaim[];
const signal = AbortSignal.timeout(100_000);
const driver = new LocalDriver();
console.log("begin");
await Promise.all(claims.map((claim) => driver.launch(claim, signal)));
