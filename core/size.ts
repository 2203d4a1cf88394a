import { z } from "zod";

const FACTORS = { MB: 1, GB: 1024 };

/** A parameter like "512MB" or "2GB", as a number of megabytes. */
export function megabytes(least: number): z.ZodType<number, string> {
  return z
    .string({ error: "should be a size like 512MB or 2GB" })
    .regex(/^[0-9]+(MB|GB)$/, { error: "should be a size like 512MB or 2GB" })
    .transform((text) => Number.parseInt(text, 10) * FACTORS[text.slice(-2) as keyof typeof FACTORS])
    .refine((size) => size >= least, { error: `should be at least ${least}MB` });
}
