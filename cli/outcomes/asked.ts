import { z } from "zod";

/** What any verb prints with `--json --help`. */
export const helpOutcome = z.strictObject({ help: z.string().describe("as it is printed without `--json`") });

/** What `--json --version` prints. */
export const versionOutcome = z.strictObject({ version: z.string() });
