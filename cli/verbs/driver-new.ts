import { resolve } from "node:path";
import { z } from "zod";
import { HotsiteError } from "../../core/errors.ts";
import { readTemplate } from "../templates.ts";
import type { Call, Outcome } from "../verb.ts";
import { writeNew } from "../write-new.ts";

/** What `--json` prints. */
export const outcome = z.strictObject({
  written: z.array(z.string()),
  next: z.string().describe("the command that tries it"),
});

/** Writes a driver's package with its test: it works from the first moment, and is changed into another one from there. */
export async function run({ operands, cwd }: Call): Promise<Outcome<typeof outcome>> {
  const [name = "", folder = `hotsite-driver-${name}`] = operands;
  if (!/^[a-z][a-z0-9]{0,30}$/.test(name)) {
    throw new HotsiteError("usage", `"${name}" is no name of a driver`, {
      hint: "small letters and digits, like proxmox",
    });
  }
  const files = (await readTemplate("driver")).map(({ path, text }) => ({
    path: path.replace(".template.", "."),
    text: text.replaceAll("examplecloud", name),
  }));
  const { written, go } = await writeNew(
    files,
    resolve(cwd, folder),
    cwd,
    "hotsite driver new <name> <folder>",
  );
  const next = `${go}hotsite driver test`;
  return { text: `wrote ${written.join(", ")}\nnext: ${next}`, json: { written, next } };
}
