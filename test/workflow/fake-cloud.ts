import { z } from "zod";
import type { Step, StepTree, Workflow } from "../../core/workflow.ts";
import { defineStep, sequence } from "../../workflow/define.ts";

/** A world of things that exist or not. Its methods need `this`, as those of real contexts do. */
export class FakeCloud {
  readonly #things = new Set<string>();
  readonly calls: string[] = [];

  async make(thing: string): Promise<string> {
    this.calls.push(`make ${thing}`);
    this.#things.add(thing);
    return `id of ${thing}`;
  }

  async remove(thing: string): Promise<void> {
    this.calls.push(`remove ${thing}`);
    this.#things.delete(thing);
  }

  get things(): readonly string[] {
    return [...this.#things].toSorted();
  }
}

export function freshCloud(): { context: FakeCloud; snapshot(): unknown } {
  const context = new FakeCloud();
  return { context, snapshot: () => context.things };
}

/** A step that makes two things. */
export function makes(name: string, change: Partial<Step<FakeCloud, string>> = {}): Step<FakeCloud, string> {
  return defineStep<FakeCloud, string>({
    name,
    output: z.string(),
    async run(context) {
      await context.make(`${name}/disk`);
      return context.make(name);
    },
    async undo(context) {
      await context.remove(name);
      await context.remove(`${name}/disk`);
    },
    ...change,
  });
}

/** A step that makes two things for good. */
export function makesForGood(name: string): Step<FakeCloud, string> {
  return { ...makes(name), undo: undefined, pointOfNoReturn: `${name} cannot be taken back` };
}

export function looks(name: string): Step<FakeCloud> {
  return { name, output: z.array(z.string()), run: async ({ things }) => things, readOnly: true };
}

/** A workflow without input. */
export function workflowOf(...steps: readonly StepTree<FakeCloud>[]): Workflow<FakeCloud, null> {
  return { name: "install", input: z.null(), steps: () => sequence(...steps) };
}
