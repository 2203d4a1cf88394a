import { HotsiteError } from "../../core/errors.ts";
import { waitFor } from "../../core/wait.ts";
import { askUnless, openEngine } from "./engine.ts";
import { inspectMachine } from "./power-on.ts";

/** A database writes out its memory before it ends. */
const shutDownMs = 180_000;

/** Shuts a machine down in order: each of its services is told to end. Repeatable. Throws `NodeNotFoundError`. */
export async function shutDown(id: string, signal: AbortSignal): Promise<void> {
  const docker = await openEngine(signal);
  const { State, Id, Name } = await inspectMachine(docker, id, signal);
  const container = docker.getContainer(Id);
  if (State.Paused) await askUnless([409], `unpause ${Name}`, container.unpause());
  // What systemd, as the first process, takes for "halt". 409: it is off already.
  await askUnless([409], `shut down ${Name}`, container.kill({ signal: "SIGRTMIN+3" }));
  const off = async (): Promise<true | undefined> =>
    (await inspectMachine(docker, Id, signal)).State.Running ? undefined : true;
  const patience = { timeoutMs: shutDownMs, intervalMs: 50, what: `${Name.slice(1)} to shut down` };
  await waitFor(off, patience, signal).catch((cause: unknown) => {
    if (!(cause instanceof HotsiteError) || cause.code !== "timeout") throw cause;
    throw new HotsiteError("still-running", cause.message, {
      cause,
      hint: "`hotsite local power off` stops it the hard way",
    });
  });
}
