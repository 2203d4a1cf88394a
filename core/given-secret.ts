import { z } from "zod";
import type { SecretSource } from "./secret.ts";

const word = z.string().min(1);
const source = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("env"), variable: word }),
  z.strictObject({ kind: z.literal("file"), path: word }),
  z.strictObject({ kind: z.literal("command"), argv: z.array(word).min(1) }),
]) satisfies z.ZodType<SecretSource>;

/** A setting that names a secret of something that is there already, so that it can not be generated. */
export const givenSecret = z.custom<SecretSource>((value) => source.safeParse(value).success, {
  message: "name where the secret is: secret.env(…), secret.file(…) or secret.command(…)",
});
