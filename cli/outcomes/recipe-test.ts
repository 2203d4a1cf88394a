import { z } from "zod";
import type { ContractReport } from "../../lifecycle/recipe-contract/contract.ts";
import { exactly } from "./exactly.ts";

/** How each promise of a recipe came out. */
export const contractReport = exactly<ContractReport>()(
  z.strictObject({
    recipe: z.string(),
    results: z.array(
      z.strictObject({
        promise: z.string(),
        result: z.enum(["kept", "broken", "not tried"]),
        seconds: z.number(),
        why: z.array(z.string()).describe("what breaks it, or why it was not tried"),
      }),
    ),
    keeps: z.record(z.string(), z.string()).describe("what stays after a removal, by path, and why"),
  }),
);
