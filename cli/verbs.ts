import { driverVerbs } from "./driver-verbs.ts";
import { localVerbs } from "./local-verbs.ts";
import { recipeVerbs } from "./recipe-verbs.ts";
import { replicationVerbs } from "./replication-verbs.ts";
import { templates } from "./templates.ts";
import { milliseconds, positiveInteger } from "./units.ts";
import { yes } from "./yes.ts";
import type { OptionDeclaration, Verb } from "./verb.ts";

const dryRun: OptionDeclaration = { flags: "--dry-run", summary: "only say what would be done" };
const force: OptionDeclaration = {
  flags: "--force <guard...>",
  summary: "go on although these guards say no; the history keeps their names",
};
const drain: OptionDeclaration = {
  flags: "--drain <time>",
  summary: "how long requests in progress may take to end (default: 60s)",
  parse: milliseconds,
};

const sessions: OptionDeclaration = {
  flags: "--sessions <time>",
  summary:
    "how long people with a session on an instance may go on there first, while they ask (default: 30s)",
  parse: milliseconds,
};

/** Everything that `hotsite` can do, in the order of `--help`. */
export const verbs: readonly Verb[] = [
  {
    name: "init",
    operands: "[folder]",
    summary: "write a commented hotsite.config.ts to start from",
    options: [
      {
        flags: "-t, --template <name>",
        summary: "what to start from",
        choices: Object.keys(templates),
      },
      { flags: "-y, --yes", summary: "ask nothing: what is not said is the default" },
    ],
    examples: [
      ["init", "asks what to start from, and writes it into this folder"],
      ["init shop --template single", "one site without a standby, in the folder shop"],
    ],
    load: () => import("./verbs/init.ts"),
  },
  {
    name: "validate",
    summary: "check the config, then the clouds that it names; changes nothing",
    examples: [["validate", "all faults at once, each with its path"]],
    load: () => import("./verbs/validate.ts"),
  },
  {
    name: "plan",
    summary: "say what `install` would do; changes nothing",
    options: [{ flags: "--commands", summary: "each command that a machine would run, as a whole" }],
    examples: [
      ["plan", "machines, what differs on those that are kept, time and, where prices are given, cost"],
      ["plan --verbose", "packages, files with their differences, and what is run"],
      ["plan --json", "the same for a script"],
    ],
    load: () => import("./verbs/plan.ts"),
  },
  {
    name: "install",
    summary: "make the world as the config says: machines, services, replication, traffic",
    options: [dryRun],
    examples: [
      ["install", "again after each change of the config: only differences are applied"],
      ["install --dry-run", "the same as `hotsite plan`"],
    ],
    load: () => import("./verbs/install.ts"),
  },
  {
    name: "scale",
    operands: "<service> <count>",
    summary: "launch more machines for a service, or drain and destroy some; `install` keeps the number",
    options: [
      dryRun,
      { flags: "--site <name>", summary: "only there (default: in each site)" },
      drain,
      sessions,
    ],
    examples: [
      ["scale web 4", "four machines in each site"],
      ["scale web 1 --site west", "one in west: web-1; the others finish their requests and go"],
    ],
    load: () => import("./verbs/scale.ts"),
  },
  {
    name: "update",
    operands: "[service]",
    summary: "bring what runs to what the config says, one instance at a time; all or nothing",
    options: [dryRun, drain, sessions],
    examples: [
      [
        "update web",
        "a new .war or setting of web: nobody notices, and what does not become ready is taken back",
      ],
      ["update --dry-run", "every service that the config has changed, and who would notice"],
    ],
    load: () => import("./verbs/update.ts"),
  },
  {
    name: "uninstall",
    summary: "stop and remove everything that `install` made; databases on hosts of your own stay",
    options: [
      dryRun,
      yes,
      {
        flags: "--delete-data",
        summary:
          "also the data on hosts that are given back with their disk; elsewhere it goes with the machine",
      },
    ],
    examples: [
      ["uninstall --yes", "without the question"],
      ["uninstall --delete-data", "nothing stays on the hosts"],
    ],
    load: () => import("./verbs/uninstall.ts"),
  },
  {
    name: "status",
    summary: "say whether the application is protected, and each site's role, database and lag",
    examples: [
      ["status", "the verdict first"],
      ["status --json", "for a monitor"],
    ],
    load: () => import("./verbs/status.ts"),
  },
  {
    name: "nodes",
    summary: "list the machines with their addresses and services",
    examples: [["nodes", "every site"]],
    load: () => import("./verbs/nodes.ts"),
  },
  {
    name: "orphans",
    summary:
      "list machines in the clouds that carry this application's mark and that nobody knows, and nodes without a machine",
    options: [
      {
        flags: "--reap",
        summary: "destroy those machines, forget those nodes, and remove what no machine needs",
      },
      yes,
    ],
    examples: [
      ["orphans", "what an interruption, or somebody at a cloud's console, may have left"],
      ["orphans --reap --yes", "without the question"],
    ],
    load: () => import("./verbs/orphans.ts"),
  },
  {
    name: "ssh",
    operands: "<node> [command...]",
    summary: "log in to a node, or run one command there",
    examples: [
      ["ssh east/db-1", "a shell"],
      ["ssh east/web-1 -- journalctl -u tomcat10 -n 50", "one command; its exit code is ours"],
    ],
    load: () => import("./verbs/ssh.ts"),
  },
  {
    name: "exec",
    operands: "<target> <command...>",
    summary:
      "run a command on all instances of a service, site or node at once; the largest exit code is ours",
    examples: [
      ["exec web -- df -h /", "each line with its node in front"],
      ["exec east 'uptime | cut -c1-40'", "one word is a line for the shell"],
    ],
    load: () => import("./verbs/exec.ts"),
  },
  {
    name: "cp",
    operands: "<from> <to>",
    summary: "copy files or folders to a node or from it",
    examples: [
      ["cp ./fixed.xml east/web-1:/tmp/", "to a node"],
      ["cp east/db-1:/var/log/mysql ./logs", "from a node, a whole folder"],
    ],
    load: () => import("./verbs/cp.ts"),
  },
  ...recipeVerbs,
  ...driverVerbs,
  {
    name: "trust",
    operands: "<node|host>",
    summary:
      "forget an SSH host key, because the machine was reinstalled; the next contact pins the one that it shows",
    examples: [
      ["trust east/web-2", "after the host key of east/web-2 changed"],
      ["trust 10.0.0.13", "a host of byon({ … }), or its jump host"],
    ],
    load: () => import("./verbs/trust.ts"),
  },
  {
    name: "logs",
    operands: "<target>",
    summary: "show the journal of a service, or of all services of a site or node",
    options: [
      { flags: "-f, --follow", summary: "go on with new lines until interrupted" },
      {
        flags: "-n, --lines <number>",
        summary: "the last lines of each node (default: 100)",
        parse: positiveInteger,
      },
      { flags: "--since <time>", summary: "10m (ago), 09:30, yesterday, 2026-11-22 09:30" },
    ],
    examples: [
      ["logs web", "all instances of the service web"],
      ["logs east/db-1 -f", "one node, with new lines as they come"],
    ],
    load: () => import("./verbs/logs.ts"),
  },
  {
    name: "doctor",
    operands: "[target]",
    summary: "say why nodes cannot be reached or installed, and what to do; changes nothing",
    options: [{ flags: "-i, --identity <file>", summary: "the private key for a host that is no node yet" }],
    examples: [
      ["doctor", "every node: its cloud, name, port, login, disks, memory, clock, packages"],
      ["doctor web", "the nodes of a service; a site or one node as well"],
      ["doctor 10.0.0.13", "a host of byon({ … }), with the login of the config"],
      ["doctor ops@10.0.0.13:22 -i ~/.ssh/ops", "any host, with a key"],
    ],
    load: () => import("./verbs/doctor.ts"),
  },
  {
    name: "history",
    operands: "[run]",
    summary: "list what was done, by whom and how it ended; or the steps of one run",
    examples: [
      ["history", "the latest runs"],
      ["history last", "the steps of the latest run"],
    ],
    load: () => import("./verbs/history.ts"),
  },
  {
    name: "resume",
    summary: "continue the run that was killed or got stuck",
    options: [dryRun, { flags: "--abandon", summary: "leave everything as it is and forget the run" }, yes],
    examples: [
      ["resume", "go on where it stopped"],
      ["resume --dry-run", "what is left to do"],
      ["resume --abandon --yes", "when neither is possible any more, and before something else"],
    ],
    load: () => import("./verbs/resume.ts"),
  },
  {
    name: "abort",
    summary: "stop the run that is active, or that was killed, and take it back",
    options: [dryRun],
    examples: [["abort", "as Ctrl-C where it runs; past a point of no return it is carried on instead"]],
    load: () => import("./verbs/abort.ts"),
  },
  {
    name: "switchover",
    operands: "[site]",
    summary: "make the standby primary as planned; loses nothing, requests wait",
    options: [dryRun, force],
    examples: [
      ["switchover", "to the standby"],
      ["switchover east --dry-run", "the guards and steps of going to east"],
    ],
    load: () => import("./verbs/switchover.ts"),
  },
  {
    name: "failover",
    operands: "[site]",
    summary: "make the standby primary because the primary is lost",
    options: [dryRun, yes, force],
    examples: [
      ["failover --dry-run", "the verdict, the guards and the steps"],
      ["failover west --yes", "to west, without the question"],
    ],
    load: () => import("./verbs/failover.ts"),
  },
  {
    name: "reprotect",
    summary: "make the site that was lost the standby again",
    options: [dryRun, yes, force],
    examples: [
      [
        "reprotect --yes",
        "its database is replaced by a copy of the primary's; what it had more is listed first",
      ],
    ],
    load: () => import("./verbs/reprotect.ts"),
  },
  {
    name: "drill",
    operands: "[site]",
    summary: "rehearse a loss or a switchover while a client and a ledger measure it; writes a report",
    options: [
      dryRun,
      yes,
      {
        flags: "--live <scenario>",
        summary: "what happens to the primary site (default: site-power-off)",
        choices: ["site-power-off", "switchover"],
      },
      { flags: "--recover", summary: "put in order what a drill left that was killed" },
    ],
    examples: [
      ["drill --live site-power-off east --yes", "powers east off, fails over, brings east back as standby"],
      ["drill --live switchover --yes", "moves to the standby as planned"],
      ["drill --dry-run", "whether all is well enough to be rehearsed, and the steps"],
    ],
    load: () => import("./verbs/drill.ts"),
  },
  ...replicationVerbs,
  {
    name: "hosts list",
    summary: "list the hosts of byon({ … }): who has each, which are free, and why the others are not",
    examples: [["hosts list", "asks every host; changes nothing"]],
    load: () => import("./verbs/hosts-list.ts"),
  },
  {
    name: "hosts probe",
    operands: "<host>",
    summary: "ask a host for everything; a quarantine whose reason is gone is lifted",
    examples: [["hosts probe 10.0.0.13", "exit code 0 when it can be used"]],
    load: () => import("./verbs/hosts-probe.ts"),
  },
  {
    name: "hosts quarantine",
    operands: "<host> [reason...]",
    summary: "keep a host from being claimed; who has it keeps it",
    examples: [["hosts quarantine 10.0.0.13 disk makes noises", "until `hotsite hosts release 10.0.0.13`"]],
    load: () => import("./verbs/hosts-quarantine.ts"),
  },
  {
    name: "hosts release",
    operands: "<host>",
    summary: "end a host's quarantine, and the claim of whoever has it",
    options: [yes],
    examples: [
      ["hosts release 10.0.0.13", "it is mended, or clean as it is"],
      ["hosts release 10.0.0.13 --yes", "also when a node has it, and when it is dead for good"],
    ],
    load: () => import("./verbs/hosts-release.ts"),
  },
  ...localVerbs,
  {
    name: "config show",
    summary: "print the config with all its defaults; secrets only by where they come from",
    examples: [["config show", "what install will work with"]],
    load: () => import("./verbs/config-show.ts"),
  },
  {
    name: "config schema",
    summary: "print a JSON Schema of everything that a config can say",
    examples: [["config schema", "for editors and scripts"]],
    load: () => import("./verbs/config-schema.ts"),
  },
  {
    name: "config reference",
    summary: "print every setting with its type, default and purpose",
    examples: [["config reference", "as Markdown; the page docs/config.md"]],
    load: () => import("./verbs/config-reference.ts"),
  },
  {
    name: "completion",
    operands: "<shell>",
    summary: "print a script that completes verbs and options in bash, zsh or fish",
    examples: [
      ["completion bash", "in ~/.bashrc: source <(hotsite completion bash)"],
      ["completion fish", "in config.fish: hotsite completion fish | source"],
    ],
    load: () => import("./verbs/completion.ts"),
  },
];
