import type Docker from "dockerode";
import type { Machine } from "../../core/driver.ts";
import { HotsiteError, NodeNotFoundError, RetryableError } from "../../core/errors.ts";
import { waitFor } from "../../core/wait.ts";
import { ask, askUnless } from "./engine.ts";
import { machineOf } from "./machine.ts";
import { label } from "./names.ts";
import { greets } from "../reach.ts";
import { ensureSite } from "./site.ts";

/** A machine boots in about half a second; a crowd of them on a small computer takes its time. */
const bootMs = 120_000;

/** The container of a machine that we made. Throws `NodeNotFoundError` for any other. */
export async function inspectMachine(
  docker: Docker,
  id: string,
  signal: AbortSignal,
): Promise<Docker.ContainerInspectInfo> {
  const request = docker.getContainer(id).inspect({ abortSignal: signal });
  const found = await askUnless([404], `inspect ${id}`, request);
  if (found?.Config.Labels[label.claim] !== undefined) return found;
  throw new NodeNotFoundError(`no machine ${id} on this engine`, { hint: "hotsite nodes shows what exists" });
}

/** The machine, running and reachable, with its site around it. */
export async function powerOn(
  docker: Docker,
  id: string,
  routerImage: string,
  signal: AbortSignal,
): Promise<Machine> {
  const { State, Config, Id } = await inspectMachine(docker, id, signal);
  const container = docker.getContainer(Id);
  if (!State.Running) {
    const { [label.owner]: owner = "", [label.site]: site = "" } = Config.Labels;
    await ensureSite(docker, owner, site, routerImage, signal);
    await askUnless([304], `start ${site}/${Config.Labels[label.name] ?? id}`, container.start());
  }
  if (State.Paused) await ask(`unpause ${id}`, container.unpause());
  return reachable(docker, Id, signal);
}

/** Waits until the machine answers on SSH. */
export async function reachable(docker: Docker, id: string, signal: AbortSignal): Promise<Machine> {
  const look = async (): Promise<Machine | undefined> => {
    const { State, Config } = await inspectMachine(docker, id, signal);
    const machine = machineOf(id, Config.Labels, State.Running);
    if (!State.Running) throw await stoppedEarly(docker, machine, State.ExitCode);
    return (await greets(machine.ssh, signal)) ? machine : undefined;
  };
  const options = { timeoutMs: bootMs, intervalMs: 40, what: "the machine to answer on SSH" };
  return waitFor(look, options, signal).catch((error: unknown) => {
    if (!(error instanceof HotsiteError) || error.code !== "timeout") throw error;
    throw new RetryableError("timeout", error.message, { cause: error, hint: manyMachines });
  });
}

/** A machine's systemd needs about eight inotify instances; Linux's usual limit of 128 per user ends at some sixteen machines. */
const manyMachines =
  "with many machines on this computer raise its limit: sysctl -w fs.inotify.max_user_instances=1024";

async function stoppedEarly(
  docker: Docker,
  { id, site, name }: Machine,
  exit: number,
): Promise<HotsiteError> {
  const log = await ask(
    `read the log of ${id}`,
    docker.getContainer(id).logs({ stdout: true, stderr: true, tail: 5 }),
  );
  // Each piece of the log has a header of 8 bytes, unprintable for the most part.
  const said = log
    .toString()
    .replaceAll(/[^\n\x20-\x7e]+/g, "")
    .trim();
  return new HotsiteError(
    "machine-stopped",
    `${site}/${name} stopped while it started (exit ${exit})${said && `:\n${said}`}`,
    {
      hint: "an image for machines needs systemd, sshd and iproute2; without `image`, Hotsite's own is used",
    },
  );
}
