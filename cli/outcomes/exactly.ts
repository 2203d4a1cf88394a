import type { z } from "zod";
import type { Frozen } from "../verb.ts";

/** Whether two types are one, down to what is optional: assigning to each other alone would not notice that. */
type Same<A, B> =
  (<T>(value: T) => T extends A ? 1 : 2) extends <T>(value: T) => T extends B ? 1 : 2 ? true : false;

/** A schema that says exactly what a type of ours says: when the two differ, it does not compile. */
export function exactly<T>() {
  return <S extends z.ZodType>(schema: Same<Frozen<z.infer<S>>, Frozen<T>> extends true ? S : never): S =>
    schema;
}
