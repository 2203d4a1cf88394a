import { describe, test } from "@jest/globals";
import { z } from "zod";
import type { Application } from "../../core/application.ts";
import type { Step, Workflow } from "../../core/workflow.ts";
import type { FleetWorld } from "../../lifecycle/fleet-world.ts";
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
