import { StaleEpochError } from "../core/errors.ts";
import type { Authority, Witness } from "../core/protection.ts";

/** Nobody may write from now on; repeatable. `held` is who could. */
export async function takeAuthority(witness: Witness, held: Authority, signal: AbortSignal): Promise<void> {
  await witness.grant({ ...held, writer: null }, held, signal);
}

/** Gives back what `takeAuthority` took, also when it had not come to it. Throws `StaleEpochError` when somebody else went on meanwhile. */
export async function restoreAuthority(
  witness: Witness,
  held: Authority,
  signal: AbortSignal,
): Promise<void> {
  const now = await witness.authority(signal);
  if (now.epoch !== held.epoch) {
    throw new StaleEpochError(`the witness is at epoch ${now.epoch}, not at ${held.epoch} any more`, {
      hint: "another change of primary went through: see hotsite status",
    });
  }
  await witness.grant(held, now, signal);
}
