import { HotsiteError } from "../core/errors.ts";
import { CommandError } from "../core/shell.ts";
import type { Diagnosis } from "../remote/doctor/diagnosis.ts";
import { examine } from "./doctor.ts";
import type { NodeReport } from "../remote/doctor/examine.ts";
import type { NodeSpec } from "./topology.ts";
import type { World } from "./world.ts";

/** Failures behind which may be the node's own state: it cannot be reached, or something on it does not work. */
const nodeFailures = new Set([
  ...["unreachable", "credentials", "connection-lost", "transfer-failed"],
  ...["command-failed", "not-ready", "timeout"],
]);

/** As a shell tells of SIGKILL. */
const KILLED = 137;

/** The doctor is asked while the node is still there: taking back may destroy it. */
const examinationMs = 20_000;

/** Does `work`; when it fails because of the node, the error says what the doctor finds there, and what to do. */
export async function explained<T>(
  world: World,
  spec: NodeSpec,
  signal: AbortSignal,
  work: (world: World) => Promise<T>,
): Promise<T> {
  try {
    return await work(world);
  } catch (error) {
    if (signal.aborted || !(error instanceof HotsiteError) || !nodeFailures.has(error.code)) throw error;
    throw await explanation(world, spec, signal, error);
  }
}

async function explanation(
  world: World,
  spec: NodeSpec,
  signal: AbortSignal,
  error: HotsiteError,
): Promise<HotsiteError> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(examinationMs)]);
  const report = await examine(world, spec, until).catch((problem: unknown) => {
    world.logger.debug("the doctor found no end", { node: `${spec.site}/${spec.name}`, error: problem });
    return undefined;
  });
  const found = report === undefined ? [] : reasonsIn(report, error);
  const [first] = found;
  if (report === undefined || first === undefined) return error;
  const lines = found.map(({ check, problem }) => `    ${check}: ${problem}`);
  return new HotsiteError(
    error.code,
    [error.message, `  What is wrong on ${report.node}:`, ...lines].join("\n"),
    {
      retryable: error.retryable,
      hint: first.remedy,
      cause: error,
      details: { ...error.details, diagnoses: found },
    },
  );
}

/** What is serious; and, where the failed command was killed, memory that was short: what needed it has been ended, so there is enough again. */
function reasonsIn({ diagnoses, facts }: NodeReport, error: HotsiteError): readonly Diagnosis[] {
  const wasKilled =
    error instanceof CommandError && (error.exit === KILLED || /\bKilled\b/.test(error.stderr));
  const wasShort = wasKilled && (facts?.outOfMemory ?? 0) > 0;
  return diagnoses.filter(({ serious, check }) => serious || (wasShort && check === "memory"));
}
