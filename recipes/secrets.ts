import { z } from "zod";
import { HotsiteError } from "../core/errors.ts";
import { Ref } from "../core/recipe.ts";
import type { Secret, SecretSource } from "../core/secret.ts";
import { walk } from "./walk.ts";

const source = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("env"), variable: z.string().min(1) }),
  z.strictObject({ kind: z.literal("file"), path: z.string().min(1) }),
  z.strictObject({ kind: z.literal("command"), argv: z.array(z.string().min(1)).min(1) }),
  z.strictObject({ kind: z.literal("generated"), length: z.int().min(12).max(200) }),
]) satisfies z.ZodType<SecretSource>;

const generated = z.object({ kind: z.literal("generated") });

/** A parameter that names a secret, see `secret` in core. A secret is never written into a config. */
export const secretSource = z
  .custom<SecretSource>(isSecretSource, {
    error: ({ input }) =>
      generated.safeParse(input).success
        ? "should be secret.generated(24), or another length of 12 to 200 characters"
        : "should be secret.env(…), secret.file(…), secret.command(…) or secret.generated(…), of 12 to 200 characters",
  })
  .describe("secret.env(…), secret.file(…), secret.command(…) or secret.generated(…)");

export function isSecretSource(value: unknown): value is SecretSource {
  return source.safeParse(value).success;
}

/** Every secret named in parameters, by its path: `users.clinic.password`. */
export function secretsOf(params: unknown): Readonly<Record<string, SecretSource>> {
  const found: Record<string, SecretSource> = {};
  walk(params, (value, path) => {
    if (value instanceof Ref) return true;
    const known = source.safeParse(value);
    if (known.success) found[path.join(".")] = value as SecretSource;
    return known.success;
  });
  return found;
}

/** The value of a secret that stands somewhere in `params`. */
export function secretOf(
  { params, secrets }: { params: unknown; secrets: Readonly<Record<string, Secret>> },
  source: SecretSource,
): Secret {
  const name = Object.entries(secretsOf(params)).find(([, known]) => known === source)?.[0];
  return namedSecret(secrets, name ?? "");
}

/** Throws unless the service has this secret. */
export function namedSecret(secrets: Readonly<Record<string, Secret>>, name: string): Secret {
  const value = secrets[name];
  if (value === undefined) throw new HotsiteError("secret-missing", `the secret ${name} is not known`);
  return value;
}
