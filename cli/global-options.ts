import type { OptionDeclaration } from "./verb.ts";

/** What every verb understands. */
export const globalOptions: readonly OptionDeclaration[] = [
  {
    flags: "-c, --config <path>",
    summary: "the config (default: hotsite.config.ts here or in a folder above)",
  },
  {
    flags: "--state <folder>",
    summary: "where state, keys and logs are kept (default: .hotsite beside the config)",
  },
  { flags: "--json", summary: "print one JSON object; everything else goes to standard error" },
  { flags: "--verbose", summary: "print debug messages and where errors come from" },
];
