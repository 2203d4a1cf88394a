import { all, command, script, type Command } from "../core/command.ts";
import { HotsiteError, RetryableError } from "../core/errors.ts";
import type { Check, NodePlan } from "../core/recipe.ts";
import { CommandError, type Shell } from "../core/shell.ts";
import { waitFor } from "../core/wait.ts";
import { aptInstall, aptInstalled, aptPurge } from "../remote/apt.ts";
import { sameAs, stageState, type StageState } from "../remote/compare.ts";
import { giveUpFiles } from "../remote/file-lists.ts";
import { applyStage, defaultMemory, type Stage } from "../remote/exchange.ts";
import { standingFile } from "../remote/way-back.ts";

/** What putting a service on a node came to. */
export type Outcome = "unchanged" | "changed";

/** A service's plan for one node. */
export interface Planned {
  readonly service: string;
  readonly plan: NodePlan;
}

/** A service's plan and the node it is for. */
export interface Work extends Planned {
  readonly shell: Shell;
}

/** Installs the packages of a service, unless the node remembers having done so and has them. One exchange. */
export async function applyPackages({ service, plan, shell }: Work, signal: AbortSignal): Promise<Outcome> {
  if (plan.packages.length === 0) return "unchanged";
  const { ran } = await applyStage(shell, packagesStage(service, plan), signal);
  return ran ? "changed" : "unchanged";
}

/** How a node stands beside what a service's plan says, packages included. Changes nothing; one exchange. */
export async function appliedState(work: Work, signal: AbortSignal): Promise<StageState> {
  return stageState(work.shell, await stagesOf(work, signal), signal);
}

/** A command that succeeds where a service is as its plan says, packages included, and runs if it should. Changes nothing. */
export async function isAsPlanned(
  planned: Planned,
  { start }: { start: boolean },
  signal: AbortSignal,
): Promise<Command> {
  const same = await sameAs(await stagesOf(planned, signal), signal);
  return start ? all(same, planned.plan.alive) : same;
}

async function stagesOf(planned: Planned, signal: AbortSignal): Promise<readonly Stage[]> {
  const { service, plan } = planned;
  const packages = plan.packages.length === 0 ? [] : [packagesStage(service, plan)];
  return [await configureStage(planned, signal), ...packages];
}

/**
 * Files, install and configure stages, then start, then ready. Repeatable: what is as it should be is left alone, and a changed
 * file that says so restarts the service. With `start: false` the service stays as it is.
 */
export async function applyService(
  work: Work,
  options: { start: boolean },
  signal: AbortSignal,
): Promise<Outcome> {
  const { ran } = await applyStage(work.shell, await configureStage(work, signal), signal);
  const outcome: Outcome = ran ? "changed" : "unchanged";
  if (!options.start || (!ran && (await isAlive(work, signal)))) return outcome;
  await startService(work, signal);
  return "changed";
}

function packagesStage(service: string, { packages }: NodePlan): Stage {
  const commands = [aptInstall(packages, service)];
  return { name: `${service}/packages`, files: [], commands, holds: aptInstalled(packages) };
}

/** Files and what makes them count; among the files is what the node needs to come back to all this. */
async function configureStage({ service, plan }: Planned, signal: AbortSignal): Promise<Stage> {
  const name = configureStageOf(service);
  const { install, configure, start, stop } = plan.stages;
  const apply = [...install, ...configure, ...stop];
  const standing = await standingFile(
    { service, stage: name, files: plan.files, apply, start, ready: plan.ready.command },
    signal,
  );
  // A changed file takes effect at the next start. The stop belongs to the stage, so that a crash between the two cannot leave an old
  // configuration running.
  const restart = plan.files.some((file) => file.restarts === true) ? stop : [];
  return { name, files: [...plan.files, standing], commands: [...install, ...configure, ...restart] };
}

/** What a node's memory of a service's configuration is called. */
export function configureStageOf(service: string): string {
  return `${service}/configure`;
}

/** Starts the service and waits until it is ready. Repeatable. */
export async function startService(work: Work, signal: AbortSignal): Promise<void> {
  await runAll(work.shell, work.plan.stages.start, signal);
  await awaitReady(work, signal);
}

/** Repeatable. */
export async function stopService({ plan, shell }: Work, signal: AbortSignal): Promise<void> {
  await runAll(shell, plan.stages.stop, signal);
}

/**
 * Stops the service and removes what it brought: its files, the packages that it added, what its uninstall stage names. Its data stays
 * unless `deleteData` says otherwise. Repeatable.
 */
export async function removeService(
  { service, plan, shell }: Work,
  { deleteData }: { deleteData: boolean },
  signal: AbortSignal,
): Promise<void> {
  const files = plan.files.map(({ path }) => path).filter((path) => !(path in plan.keeps));
  const clean =
    files.length === 0 ? [] : [giveUpFiles(defaultMemory, service, files), script(EMPTY_FOLDERS, ...files)];
  const packages = plan.packages.length === 0 ? [] : [aptPurge(plan.packages, service)];
  const forget = command("rm", "-rf", `${defaultMemory}/${service}`);
  const erase = deleteData ? plan.erase : [];
  const { stop, uninstall } = plan.stages;
  await runAll(shell, [...stop, ...uninstall, ...erase, ...packages, ...clean, forget], signal);
}

/** Folders above removed files, unless something is in them or a package has them. */
const EMPTY_FOLDERS = `# remove folders that stand empty
for path; do
  folder=\${path%/*}
  while [ -n "$folder" ] && ! dpkg -S "$folder" >/dev/null 2>&1 && rmdir "$folder" 2>/dev/null; do
    folder=\${folder%/*}
  done
done
:`;

/** Whether the service runs, by its own account. */
export async function isAlive({ plan, shell }: Work, signal: AbortSignal): Promise<boolean> {
  return succeeds(shell, plan.alive, signal);
}

async function succeeds(shell: Shell, question: Command, signal: AbortSignal): Promise<boolean> {
  try {
    await shell.run(question, signal);
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}

async function runAll(shell: Shell, commands: readonly Command[], signal: AbortSignal): Promise<void> {
  if (commands.length > 0) await shell.run(all(...commands), signal);
}

/** Resolves once the service says that it is ready; otherwise the error holds what the service says of itself. */
export async function awaitReady({ service, plan, shell }: Work, signal: AbortSignal): Promise<void> {
  const check = plan.ready;
  const ask = async (): Promise<true> => {
    try {
      await shell.run(check.command, signal);
      return true;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      const hopeless = check.hopeless !== undefined && (await succeeds(shell, check.hopeless, signal));
      if (hopeless) throw new HotsiteError("not-ready", `${service} failed to start: ${error.message}`);
      throw new RetryableError("not-ready", error.message, { cause: error });
    }
  };
  const options = {
    timeoutMs: check.timeoutMs,
    intervalMs: 300,
    what: `${service} on ${shell.node} to be ready`,
  };
  await waitFor(ask, options, signal).catch(async (error: unknown) => {
    signal.throwIfAborted();
    throw await explained(error, shell, check, signal);
  });
}

/** The failure together with what the service itself says, its log's last lines as a rule. */
async function explained(
  error: unknown,
  shell: Shell,
  { explain }: Check,
  signal: AbortSignal,
): Promise<unknown> {
  if (!(error instanceof HotsiteError)) return error;
  const said =
    explain === undefined ? "" : `\n${(await shell.run(explain, signal, { accept: [0, 1] })).stdout}`;
  // It had its time: trying again would not help.
  return new HotsiteError("not-ready", `${error.message}${said}`, {
    cause: error,
    // A first installation takes its machines back.
    hint: `while its machine is there: hotsite logs ${shell.node}`,
  });
}
