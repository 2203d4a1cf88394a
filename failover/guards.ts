import { z } from "zod";
import { PreflightError } from "../core/errors.ts";

/** One condition of a change of primary, and whether it held. */
export const guard = z.strictObject({
  name: z.string(),
  passed: z.boolean(),
  /** What was found. */
  detail: z.string(),
  remedy: z.string().optional(),
  /** A person said that it need not hold. */
  overridden: z.boolean(),
});
export type Guard = z.infer<typeof guard>;

/** A guard from its condition. */
export function check(name: string, passed: boolean, detail: string, remedy?: string): Guard {
  return { name, passed, detail, overridden: false, ...(remedy === undefined ? {} : { remedy }) };
}

/** The guards with those in `skip` overridden. Throws `PreflightError` that lists all the others that do not hold. */
export function enforce(
  subject: string,
  guards: readonly Guard[],
  skip: readonly string[] = [],
): readonly Guard[] {
  const decided = decide(guards, skip);
  const broken = decided.filter(stops);
  if (broken.length === 0) return decided;
  throw new PreflightError(
    subject,
    broken.map(({ name, detail, remedy }) => ({ path: name, problem: detail, remedy })),
  );
}

/** The guards with those in `skip` overridden. */
export function decide(guards: readonly Guard[], skip: readonly string[] = []): readonly Guard[] {
  return guards.map((one) => ({ ...one, overridden: !one.passed && skip.includes(one.name) }));
}

/** Whether a guard that was decided upon keeps the change from being made. */
export function stops({ passed, overridden }: Guard): boolean {
  return !passed && !overridden;
}
