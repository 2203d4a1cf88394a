/** Launches, or destroys and sweeps, and says `done`: a process that tests kill in the middle of a call of the cloud. */
import type { NodeClaim } from "../../../core/driver.ts";
import { Ec2Driver } from "../../../drivers/ec2/driver.ts";
import type { Ec2Options } from "../../../drivers/ec2/template.ts";

const [deed, given = ""] = process.argv.slice(2);
const { claim, options } = JSON.parse(given) as { claim: NodeClaim; options: Ec2Options };
const signal = AbortSignal.timeout(60_000);
const driver = new Ec2Driver(options, { pollMs: 50 });
if (deed === "launch") await driver.launch(claim, signal);
else {
  for (const { id } of await driver.list(claim.owner, signal)) await driver.destroy(id, signal);
  await driver.sweep(claim.owner, signal);
}
console.log("done");
