import { describe, test } from "@jest/globals";
import { z } from "zod";
import type { Application, LogService } from "../../core/application.ts";
import type { Step, Workflow } from "../../core/workflow.ts";
import type { FleetWorld } from "../../lifecycle/fleet-world.ts";
import { endStream } from "../../lifecycle/move-log.ts";
import { firstAuthority, startLink } from "../../lifecycle/protect.ts";
import { sequence } from "../../workflow/define.ts";
import { FakeWorld } from "../failover/fake-world.ts";
import {
  everyFailureUnwinds,
  everyKillResumes,
  everyStepRepeats,
  type Case,
} from "../support/workflow-laws.ts";

interface Input {
  readonly activeSite: string;
  readonly copied: boolean;
}

const application: Application = {
  ...new FakeWorld().application,
  edge: { name: "edge" } as unknown as NonNullable<Application["edge"]>,
};

/** What follows the link in an installation, for it to fail at. */
const later: Step<FleetWorld, null> = {
  name: "something later",
  output: z.null(),
  readOnly: true,
  run: () => Promise.resolve(null),
};

/** The part of an installation that protects, where databases, gateways and the witness are there. */
const protecting: Workflow<FleetWorld, Input> = {
  name: "protecting",
  input: z.strictObject({ activeSite: z.string(), copied: z.boolean() }),
  steps: (input) =>
    sequence<FleetWorld>(...firstAuthority(application, input), ...startLink(application, input), later),
};

function contextOf(world: FakeWorld): FleetWorld {
  const steering: FleetWorld["steering"] = {
    witness: () => world.witness,
    database: (site) => world.database(site),
    link: (site) => world.link(site),
    linkFaults: () => Promise.resolve([]),
  };
  return Object.assign(world, { steering }) as unknown as FleetWorld;
}

const first: Case<FleetWorld, Input> = {
  input: { activeSite: "east", copied: false },
  freshWorld: () => {
    const world = new FakeWorld();
    world.commit("east");
    return {
      context: contextOf(world),
      // Rows that a copy has brought stay where they are: the next copy begins with none.
      snapshot: () => {
        const { link } = world.site("west");
        const follows = link?.state === "streaming" ? link.order : null;
        const facts = z
          .object({ link: z.unknown(), copied: z.boolean() })
          .optional()
          .parse(world.store.value("protection/petclinic"));
        return { follows, order: facts?.link ?? null, copied: facts?.copied ?? false };
      },
    };
  },
};

const again: Case<FleetWorld, Input> = {
  input: { activeSite: "east", copied: true },
  freshWorld: async () => {
    const world = await FakeWorld.protected();
    return { context: contextOf(world), snapshot: () => world.snapshot() };
  },
};

const inKafka: Application = {
  ...application,
  replication: {
    ...application.replication!,
    through: { name: "log" } as unknown as LogService,
  },
};

/** The part of an installation that moves the log of a link that runs. */
const moving: Workflow<FleetWorld, { readonly activeSite: string }> = {
  name: "moving",
  input: z.strictObject({ activeSite: z.string() }),
  steps: (input) =>
    sequence<FleetWorld>(
      ...endStream(inKafka, { ...input, movesLog: true }),
      ...startLink(inKafka, { ...input, copied: true }),
      later,
    ),
};

const moved: Case<FleetWorld, { readonly activeSite: string }> = {
  input: { activeSite: "east" },
  freshWorld: async () => {
    const world = await FakeWorld.protected();
    world.commit("east");
    return {
      context: contextOf(world),
      // Under which epoch it follows is all that a move that was taken back may change.
      snapshot: () => {
        const { link, history } = world.site("west");
        return { follows: link?.state === "streaming", rows: history.length };
      },
    };
  },
};

describe("a log that moves leaves the standby following, with nothing lost or doubled", () => {
  test("when a step fails", async () => {
    await everyFailureUnwinds(moving, moved);
  });

  test("however often each step is repeated", async () => {
    await everyStepRepeats(moving, moved);
  });

  test("wherever the process is killed", async () => {
    await everyKillResumes(moving, moved);
  });
});

describe.each([
  ["a first link is stopped, and its order forgotten,", first],
  ["a link that ran before goes on as it did", again],
])("%s", (_, given) => {
  test("when a step of the installation fails", async () => {
    await everyFailureUnwinds(protecting, given);
  });

  test("once, however often each step is repeated", async () => {
    await everyStepRepeats(protecting, given);
  });

  test("wherever the process is killed", async () => {
    await everyKillResumes(protecting, given);
  });
});
