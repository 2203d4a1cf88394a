import type { OptionDeclaration } from "./verb.ts";

/** Of every verb that asks before it acts. */
export const yes: OptionDeclaration = { flags: "-y, --yes", summary: "do it without asking" };
