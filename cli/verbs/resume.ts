import type { Workflow } from "../../core/workflow.ts";
import { HotsiteError } from "../../core/errors.ts";
import { failoverWorkflow } from "../../failover/failover.ts";
import { reprotectWorkflow } from "../../failover/reprotect.ts";
import { switchoverWorkflow } from "../../failover/switchover.ts";
import type { ProtectionWorld } from "../../failover/world.ts";
import { installWorkflow } from "../../lifecycle/install.ts";
import { uninstallWorkflow } from "../../lifecycle/uninstall.ts";
import type { World } from "../../lifecycle/world.ts";
import { findUnfinished } from "../../workflow/journal.ts";
import { abandonRun, resumeRun } from "../../workflow/runner.ts";
import { confirm } from "../confirm.ts";
import { openProtection } from "../protection.ts";
import { runSettings, showRun } from "../run.ts";
import { openSession, type Session } from "../session.ts";
import { duration } from "../time.ts";
import type { Call, Outcome } from "../verb.ts";

/** Continues the run that was killed or got stuck, takes it back, or gives it up. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome> {
  const { options } = call;
  if (options.unwind === true && options.abandon === true) {
    throw new HotsiteError("usage", "--unwind and --abandon exclude each other");
  }
  await using session = await openSession(call);
  const settings = runSettings(session);
  const open = await findUnfinished(settings.store, settings.application);
  if (open === undefined)
    return { text: `${settings.application} has nothing to resume`, json: { run: null } };
  const { id, workflow } = open.record;
  if (options.abandon === true) {
    await confirm(`Leave everything as it is and give up the ${workflow} ${id}?`, call, signal);
    await abandonRun(settings);
    return {
      text: `${workflow} ${id} is given up; see: hotsite status`,
      json: { run: id, workflow, state: "abandoned" },
    };
  }
  using observer = showRun(session, call, signal);
  const mode = options.unwind === true ? ("unwind" as const) : undefined;
  const { state, ms } = await resume(session, workflow, { ...settings, observer, signal, mode });
  const end = state === "done" ? "is done" : "is taken back; nothing is left";
  return { text: `${workflow} ${end} · ${duration(ms)} since it began`, json: { run: id, workflow, state } };
}

type Settings = Omit<Parameters<typeof resumeRun>[0], "workflows" | "contextFor">;

/** Workflows that touch roles and traffic need more of the world than those that install. */
async function resume(session: Session, name: string, settings: Settings): ReturnType<typeof resumeRun> {
  const { world } = session;
  const own = [installWorkflow(world.application), uninstallWorkflow(world.application)] as Workflow<
    World,
    unknown
  >[];
  if (own.some((workflow) => workflow.name === name)) {
    return resumeRun({ ...settings, workflows: own, contextFor: () => world });
  }
  const protection = await openProtection(session);
  const workflows = [switchoverWorkflow, failoverWorkflow, reprotectWorkflow] as Workflow<
    ProtectionWorld,
    unknown
  >[];
  return resumeRun({ ...settings, workflows, contextFor: () => protection });
}
