import type { LinkOperator, LinkStatus } from "../core/protection.ts";
import { HotsiteError } from "../core/errors.ts";
import { readFacts } from "../lifecycle/facts.ts";
import { Controls } from "../lifecycle/controls.ts";
import { askControl } from "../replication/control/client.ts";
import { isRunning } from "../replication/standalone/place.ts";
import { openGateway, openLinkIfAny, type LinkSession } from "./link-session.ts";
import { openSession } from "./session.ts";
import type { Call } from "./verb.ts";

/** A link that a person works on. */
export interface Operated {
  /** `east → west`. */
  readonly name: string;
  readonly operator: LinkOperator;
  status(signal: AbortSignal): Promise<LinkStatus | undefined>;
}

/** Works on the link of the config: an application's, through its gateway, or one of `link.ts`, whether it runs or not. */
export async function operate<T>(
  call: Call,
  work: (operated: Operated) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const session = await openLinkIfAny(call);
  return session === undefined ? ofApplication(call, work) : ofLink(session, call, work, signal);
}

async function ofApplication<T>(call: Call, work: (operated: Operated) => Promise<T>): Promise<T> {
  await using session = await openSession(call);
  const order = (await readFacts(session.world))?.link;
  if (order == null) {
    throw new HotsiteError("unprotected", `${session.config.application.name} has no link`, {
      hint: "`hotsite install` starts it, once replication is declared",
    });
  }
  const control = new Controls(session.world).link(order.to);
  const name = `${order.from} → ${order.to}`;
  return await work({ name, operator: control, status: (signal) => control.status(signal) });
}

/** The process that runs it is asked; without one, its folder is changed. One that began meanwhile may have read the folder before that. */
export async function ofLink<T>(
  session: LinkSession,
  call: Call,
  work: (operated: Operated) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const { name } = session.declaration;
  const { socket } = session;
  const told = (): Promise<T> =>
    work({ name, operator: behindSocket(socket), status: (inner) => statusOf(socket, inner) });
  if (await isRunning(session, signal)) return told();
  await using gateway = await openGateway(session, call);
  const done = await work({ name, operator: gateway, status: () => gateway.status() });
  return (await isRunning(session, signal)) ? await told() : done;
}

function behindSocket(socket: string): LinkOperator {
  const ask = async (verb: string, input: unknown, signal: AbortSignal): Promise<void> => {
    await askControl(socket, verb, input, signal);
  };
  return {
    pause: (scope, signal) => ask("pause", { scope }, signal),
    goOn: (signal) => ask("go-on", undefined, signal),
    skip: (order, signal) => ask("skip", order, signal),
  };
}

async function statusOf(socket: string, signal: AbortSignal): Promise<LinkStatus | undefined> {
  return ((await askControl(socket, "status", undefined, signal)) as LinkStatus | null) ?? undefined;
}
