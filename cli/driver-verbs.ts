import type { Verb } from "./verb.ts";

/** What makes drivers and tests them, in the order of `--help`. */
export const driverVerbs: readonly Verb[] = [
  {
    name: "driver new",
    operands: "<name> [folder]",
    summary: "write the package of a driver for another kind of cloud, with its test; needs no config",
    examples: [["driver new proxmox", "in the folder hotsite-driver-proxmox"]],
    load: () => import("./verbs/driver-new.ts"),
  },
  {
    name: "driver test",
    operands: "[module]",
    summary:
      "hold a driver against what every driver promises, on machines of its cloud, which may cost; needs no config",
    options: [{ flags: "--only <text>", summary: "the cases that have this in their title" }],
    examples: [
      ["driver test", "the driver.test.ts of this folder"],
      ["driver test hotsite-driver-proxmox/test --only destroying", "one case, of an installed package"],
      ["driver test --json", "the report for a script"],
    ],
    load: () => import("./verbs/driver-test.ts"),
  },
];
