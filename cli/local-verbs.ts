import { kilobits, milliseconds, percent } from "./units.ts";
import type { Verb } from "./verb.ts";
import { yes } from "./yes.ts";

/** What works on the machines on this computer, in the order of `--help`. */
export const localVerbs: readonly Verb[] = [
  {
    name: "local ls",
    summary: "list the machines on this computer with their state, address, limits and image",
    options: [{ flags: "--all", summary: "those of every application; needs no config" }],
    examples: [
      ["local ls", "this application's"],
      ["local ls --all", "everything that runs, or could, on this computer"],
    ],
    load: () => import("./verbs/local-ls.ts"),
  },
  {
    name: "local up",
    operands: "[target]",
    summary: "start the machines of the application, a site or a node on this computer",
    examples: [
      ["local up", "all of them, with all that they had"],
      ["local up east/db-1", "one machine"],
    ],
    load: () => import("./verbs/local-up.ts"),
  },
  {
    name: "local down",
    operands: "[target]",
    summary: "shut the machines of the application, a site or a node down in order; disks are kept",
    options: [yes],
    examples: [
      ["local down --yes", "to have the computer's memory back until `hotsite local up`"],
      ["local down west", "one site"],
    ],
    load: () => import("./verbs/local-down.ts"),
  },
  {
    name: "local snapshot",
    operands: "<node> <name>",
    summary: "make an image of a node's disk, without its identity, for other machines to start from",
    examples: [["local snapshot east/web-1 golden", 'then: local({ image: "hotsite-snapshot:golden" })']],
    load: () => import("./verbs/local-snapshot.ts"),
  },
  {
    name: "local snapshots",
    summary: "list the snapshots on this computer, or remove one; needs no config",
    options: [{ flags: "--remove <name>", summary: "this one" }, yes],
    examples: [
      ["local snapshots", "with size and age"],
      ["local snapshots --remove golden --yes", "refused while a machine that started from it exists"],
    ],
    load: () => import("./verbs/local-snapshots.ts"),
  },
  {
    name: "local wan",
    operands: "<from> <to>",
    summary: "show or change the network between two sites on local machines",
    options: [
      { flags: "--delay <time>", summary: "one way", parse: milliseconds },
      { flags: "--jitter <time>", summary: "the delay varies by this much", parse: milliseconds },
      { flags: "--loss <percent>", summary: "share of packets that get lost", parse: percent },
      { flags: "--bandwidth <rate>", summary: "at most this much per second", parse: kilobits },
      { flags: "--cut", summary: "nothing passes" },
      { flags: "--heal", summary: "as if never changed" },
      { flags: "--one-way", summary: "only from the first site to the second" },
    ],
    examples: [
      ["local wan east west --delay 40ms --loss 1%", "a bad line"],
      ["local wan east west --cut --one-way", "west does not hear east any more"],
      ["local wan east west --heal", "a good line again"],
    ],
    load: () => import("./verbs/local-wan.ts"),
  },
  {
    name: "local power",
    operands: "<state> <target>",
    summary: "power a local site or node off or on, as if somebody pulled the plug",
    options: [yes],
    examples: [
      ["local power off east --yes", "every machine of east, at once"],
      ["local power on east/db-1", "one machine"],
    ],
    load: () => import("./verbs/local-power.ts"),
  },
];
