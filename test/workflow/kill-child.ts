// Run as a process of its own by the tests: `kill-child.ts <store folder> <world folder> <run|resume> <fails|succeeds>`.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Step, Workflow } from "../../core/workflow.ts";
import { openStore } from "../../store/lmdb.ts";
import { parallel, sequence } from "../../workflow/define.ts";
import { resumeRun, runWorkflow } from "../../workflow/runner.ts";

const [, , storeFolder = "", worldFolder = "", verb = "", outcome = ""] = process.argv;

interface Folder {
  readonly folder: string;
}

function writes(name: string): Step<Folder, string> {
  return {
    name,
    output: z.string(),
    async run({ folder }) {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, name), name);
      if (name === "last" && outcome === "fails") throw new Error("the last step fails");
      return name;
    },
    undo: ({ folder }) => rm(join(folder, name), { force: true }),
  };
}

const workflow: Workflow<Folder, { names: string[] }> = {
  name: "install",
  input: z.strictObject({ names: z.array(z.string()) }),
  steps: ({ names }) => sequence(writes("first"), parallel(...names.map(writes)), writes("last")),
};

const store = await openStore(storeFolder);
const settings = { application: "petclinic", store, by: "a test", signal: new AbortController().signal };
const context = { folder: worldFolder };
try {
  await (verb === "run"
    ? runWorkflow({ ...settings, workflow, input: { names: ["left", "right"] }, context })
    : resumeRun({ ...settings, workflows: [workflow], contextFor: () => context }));
} catch (error) {
  process.stdout.write(`${(error as { code: string }).code}\n`);
} finally {
  await store[Symbol.asyncDispose]();
}
