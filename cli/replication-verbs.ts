import type { OptionDeclaration, Verb } from "./verb.ts";
import { positiveInteger } from "./units.ts";
import { yes } from "./yes.ts";

const dryRun: OptionDeclaration = { flags: "--dry-run", summary: "only say what would be done" };

/** What is done with a link: an application's, or one of `link.ts`. */
export const replicationVerbs: readonly Verb[] = [
  {
    name: "replicate",
    summary: "keep one database equal to another as link.ts says, without anything around them",
    options: [
      { flags: "--check", summary: "only say what stands in the way, and what its users need" },
      dryRun,
      { flags: "--until-caught-up", summary: "end once the target has everything: a migration" },
      {
        flags: "--metrics <place>",
        summary:
          "where Prometheus asks, such as 127.0.0.1:9187 or the path of a socket (default: as link.ts says)",
      },
      { flags: "--drain-log", summary: "read nothing more, apply what the log holds, then end" },
    ],
    examples: [
      ["replicate --config link.ts --check", "every fault at once, each with the statement that mends it"],
      ["replicate --config link.ts", "first copy, then every change; Ctrl-C ends it, the same line goes on"],
      ["replicate --until-caught-up --json", "lines of JSON, then one for the end"],
    ],
    load: () => import("./verbs/replicate.ts"),
  },
  {
    name: "replication status",
    summary: "each link with its state, position and lag",
    options: [{ flags: "--watch", summary: "again each second, until Ctrl-C" }],
    examples: [
      ["replication status", "received, applied, behind; where it stopped, and why"],
      ["replication status --config link.ts --watch", "of a link that `hotsite replicate` runs"],
    ],
    load: () => import("./verbs/replication-status.ts"),
  },
  {
    name: "replication pause",
    summary: "stop applying until `replication resume`; what the source commits still reaches the log",
    options: [{ flags: "--all", summary: "read nothing from the source either" }],
    examples: [["replication pause", "the target stands still, and nothing is lost with the source"]],
    load: () => import("./verbs/replication-pause.ts"),
  },
  {
    name: "replication resume",
    summary: "end a pause; what had failed is tried again",
    examples: [["replication resume", "after the target was mended, say"]],
    load: () => import("./verbs/replication-resume.ts"),
  },
  {
    name: "replication skip",
    operands: "<gtid>",
    summary: "go on without the one transaction at which the link stopped; the databases may differ then",
    options: [{ flags: "--reason <text>", summary: "why; kept in hotsite.skipped at the target" }],
    examples: [["replication skip 1-101-4711 --reason mended", "status says where it stopped"]],
    load: () => import("./verbs/replication-skip.ts"),
  },
  {
    name: "replication undecided",
    summary: "what XA has prepared and nobody has decided on; commit it, or roll it back",
    options: [
      { flags: "--commit <xid>", summary: "as it is listed; the link brings its rows then" },
      { flags: "--roll-back <xid>", summary: "as it is listed; its locks end" },
      { flags: "--site <site>", summary: "only what is prepared there" },
      { flags: "--reason <text>", summary: "why; kept in hotsite.decided where it is decided" },
    ],
    examples: [
      ["replication undecided", "after a failover also what was left at the site that was lost"],
      [
        "replication undecided --commit X'61',X'62',1 --reason restored",
        "what its coordinator cannot decide any more",
      ],
    ],
    load: () => import("./verbs/replication-undecided.ts"),
  },
  {
    name: "replication verify",
    summary: "compare both databases row by row while they are in use; exit code 1 when rows differ",
    options: [
      { flags: "--table <name...>", summary: "only these, as database.table" },
      { flags: "--repair", summary: "make rows of the target that differ what the source has" },
      { flags: "--resume", summary: "go on where the last one was broken off" },
      {
        flags: "--max-rows-per-second <n>",
        summary: "compare no faster, to spare servers that are busy",
        parse: positiveInteger,
      },
      {
        flags: "--metrics-file <path>",
        summary: "write what was found there, as Prometheus's exporters read it",
      },
      { ...dryRun, summary: "with --repair: only say what it would do" },
    ],
    examples: [
      ["replication verify", "every table, with the keys of rows that differ"],
      [
        "replication verify --config link.ts --table shop.orders",
        "one table of a link of `hotsite replicate`",
      ],
      [
        "replication verify --repair",
        "nothing is paused; each row is kept in hotsite.repaired at the target",
      ],
    ],
    load: () => import("./verbs/replication-verify.ts"),
  },
  {
    name: "replication reseed",
    summary: "replace the target's data by a new first copy",
    options: [dryRun, yes],
    examples: [["replication reseed --yes", "of an application the same as `hotsite reprotect`"]],
    load: () => import("./verbs/replication-reseed.ts"),
  },
];
