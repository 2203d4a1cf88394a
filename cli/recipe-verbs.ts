import type { Verb } from "./verb.ts";

/** What reaches recipes on nodes and what makes them, in the order of `--help`. */
export const recipeVerbs: readonly Verb[] = [
  {
    name: "run",
    operands: "<target> [command] [args...]",
    summary:
      "run a command of a recipe on all instances of a service, site or node; the largest exit code is ours",
    examples: [
      ["run web", "list the commands that there are"],
      ["run web threads", "on all instances at once, each line with its node in front"],
      ["run east/web-1 threads", "on one"],
    ],
    load: () => import("./verbs/run.ts"),
  },
  {
    name: "metrics",
    operands: "[target]",
    summary: "print the numbers that recipes tell of their instances, with their units",
    examples: [
      ["metrics", "of everything"],
      ["metrics web --json", "of one service, for a script: bare numbers"],
    ],
    load: () => import("./verbs/metrics.ts"),
  },
  {
    name: "attributes list",
    operands: "[scope]",
    summary: "list the texts that are kept for recipes beside the config",
    examples: [
      ["attributes list", "of all scopes: global, application, services, nodes"],
      ["attributes list service:web", "of one"],
    ],
    load: async () => (await import("./verbs/attributes.ts")).attributeVerbs.list,
  },
  {
    name: "attributes get",
    operands: "<scope> <name>",
    summary: "print one of them",
    examples: [["attributes get service:web colour", "the bare text"]],
    load: async () => (await import("./verbs/attributes.ts")).attributeVerbs.get,
  },
  {
    name: "attributes set",
    operands: "<scope> <name> <value>",
    summary: "keep a text for recipes; it takes effect at the next `hotsite install`. Not for secrets",
    examples: [
      ["attributes set service:web colour green", "of all instances of a service"],
      ["attributes set node:east/web-1 weight 10", "of one; node:east/app-1:web where a node runs several"],
      ["attributes set application banner closed", "of the application, until it is uninstalled"],
      ["attributes set global proxy 10.0.0.9:3128", "of all applications that share the state folder"],
    ],
    load: async () => (await import("./verbs/attributes.ts")).attributeVerbs.set,
  },
  {
    name: "attributes remove",
    operands: "<scope> <name>",
    summary: "forget one of them",
    examples: [["attributes remove service:web colour", "fine when it was not there"]],
    load: async () => (await import("./verbs/attributes.ts")).attributeVerbs.remove,
  },
  {
    name: "recipe new",
    operands: "<name> [folder]",
    summary: "write a recipe with its test, to start from (default folder: hotsite-recipe-<name>)",
    examples: [["recipe new memcached", "a small web server that works; put your own software in its place"]],
    load: () => import("./verbs/recipe-new.ts"),
  },
  {
    name: "recipe test",
    operands: "[module]",
    summary: "hold a recipe against what every recipe promises, on a new local machine; needs no config",
    examples: [
      ["recipe test", "the recipe.test.ts of this folder"],
      ["recipe test ./recipes/cache.test.ts --json", "a file; the report for a script"],
      ["recipe test hotsite-recipe-cache/test", "of an installed package"],
    ],
    load: () => import("./verbs/recipe-test.ts"),
  },
];
