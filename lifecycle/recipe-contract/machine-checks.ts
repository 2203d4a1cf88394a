import { command, script } from "../../core/command.ts";
import { waitFor } from "../../core/wait.ts";
import {
  applyPackages,
  applyService,
  isAlive,
  removeService,
  startService,
  stopService,
  type Outcome,
  type Work,
} from "../apply.ts";
import { differences, readTraces, type Traces } from "./traces.ts";

/** What the checks of one recipe have in common: the machine under test and the service in the shapes that it takes. */
export interface Bench {
  readonly work: Work;
  readonly changed: Work | undefined;
  readonly upgraded: Work | undefined;
  /** What was on the machine before; Debian's own leavings after a removal of the packages included. */
  readonly before: Traces;
}

/** Why a check was not tried. */
export interface Skipped {
  readonly skipped: string;
}

/** Something that every recipe promises and that only a machine shows. */
export interface MachineCheck {
  readonly promise: string;
  /** What breaks it; empty when it is kept. An error breaks it too. */
  try(bench: Bench, signal: AbortSignal): Promise<readonly string[] | Skipped>;
}

/** How long a service may be called alive after all its processes were killed. */
const noticeTimeoutMs = 10_000;

/** In this order: each one finds the machine as the one before left it. */
export const machineChecks: readonly MachineCheck[] = [
  {
    promise: "installs and becomes ready",
    try: async ({ work }, signal) => expectOutcome("changed", await apply(work, signal)),
  },
  {
    promise: "installed again, changes nothing",
    try: async ({ work }, signal) => expectOutcome("unchanged", await apply(work, signal)),
  },
  {
    promise: "stopped, is not called alive",
    try: async ({ work }, signal) => {
      if (runsNothing(work)) return nothingRuns;
      await stopService(work, signal);
      return (await isAlive(work, signal)) ? ["it is called alive"] : [];
    },
  },
  {
    promise: "started again, becomes ready",
    try: async ({ work }, signal) => {
      if (runsNothing(work)) return nothingRuns;
      await startService(work, signal);
      return (await isAlive(work, signal)) ? [] : ["it is ready, and not called alive"];
    },
  },
  { promise: "killed with SIGKILL, is soon not called alive, and starts again", try: tryKill },
  {
    promise: "with other settings, is changed once and becomes ready",
    try: ({ changed }, signal) => tryChange(changed, "changed", signal),
  },
  {
    promise: "in another version, is changed once and becomes ready",
    try: ({ upgraded }, signal) => tryChange(upgraded, "upgraded", signal),
  },
  { promise: "removed, leaves nothing that was not there before", try: tryRemoval },
];

const nothingRuns: Skipped = { skipped: "it has nothing that runs" };

function runsNothing({ plan }: Work): boolean {
  return plan.stages.start.length === 0;
}

async function apply(work: Work, signal: AbortSignal): Promise<Outcome> {
  await applyPackages(work, signal);
  return applyService(work, { start: true }, signal);
}

function expectOutcome(wanted: Outcome, found: Outcome): readonly string[] {
  return found === wanted ? [] : [`the node says "${found}"`];
}

async function tryChange(
  work: Work | undefined,
  name: string,
  signal: AbortSignal,
): Promise<readonly string[] | Skipped> {
  if (work === undefined) return { skipped: `the test gives no "${name}"` };
  return [
    ...expectOutcome("changed", await apply(work, signal)),
    ...expectOutcome("unchanged", await apply(work, signal)),
  ];
}

async function tryKill({ work }: Bench, signal: AbortSignal): Promise<readonly string[] | Skipped> {
  const { shell, plan } = work;
  const { stdout } = await shell.run(script(KILL, ...plan.units), signal);
  if (stdout.trim() === "") return { skipped: "it has no process of its own" };
  const noticed = waitFor(
    async () => ((await isAlive(work, signal)) ? undefined : true),
    { timeoutMs: noticeTimeoutMs, what: "alive to notice" },
    signal,
  );
  const problems = await noticed.then(
    () => [],
    () => [`${noticeTimeoutMs / 1000} s after it was killed it is still called alive`],
  );
  await shell.run(script(MEND, ...plan.units), signal);
  await startService(work, signal);
  return problems;
}

async function tryRemoval(
  { work, changed, upgraded, before }: Bench,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const last = upgraded ?? changed ?? work;
  await removeService(last, { deleteData: false }, signal);
  // Once more must do no harm: a removal that was cut off is run again.
  await removeService(last, { deleteData: false }, signal);
  await last.shell.run(command("systemctl", "daemon-reload"), signal);
  return differences(before, await readTraces(last.shell, signal), last.plan.keeps);
}

// Most units start again by themselves, which would hide what `alive` says of a dead one.
const KILL = `
for unit; do
  unit=\${unit%.service}.service
  [ "$(systemctl show --property MainPID --value "$unit")" != 0 ] || continue
  mkdir -p "/run/systemd/system/$unit.d"
  printf '[Service]\\nRestart=no\\n' >"/run/systemd/system/$unit.d/zzz-recipe-test.conf"
  systemctl daemon-reload
  systemctl kill --signal KILL "$unit"
  echo "$unit"
done`;

const MEND = `
for unit; do rm -rf "/run/systemd/system/\${unit%.service}.service.d/zzz-recipe-test.conf"; done
systemctl daemon-reload`;
