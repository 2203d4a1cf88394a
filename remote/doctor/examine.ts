import { command } from "../../core/command.ts";
import { CredentialError, HotsiteError, messageOf } from "../../core/errors.ts";
import type { Shell } from "../../core/shell.ts";
import type { SshTarget } from "../../core/ssh.ts";
import { openShell } from "../ssh.ts";
import { diagnoseNode } from "./diagnose-node.ts";
import { diagnoseReach } from "./diagnose-reach.ts";
import { serious, type Diagnosis } from "./diagnosis.ts";
import type { NodeFacts, NodeNeeds, ReachFacts } from "./facts.ts";
import { probeNode } from "./node.ts";
import { probeReach } from "./reach.ts";

/** What the doctor found on one node. */
export interface NodeReport {
  readonly node: string;
  /** `ops@10.0.0.13:22`, once the node has a machine. */
  readonly at?: string;
  readonly diagnoses: readonly Diagnosis[];
  readonly reach?: ReachFacts;
  readonly facts?: NodeFacts;
}

/** How to get in. May throw `CredentialError`: a password that is not set, a key file that is not there. */
export type Entrance = () => Promise<SshTarget>;

/** A host, what it is called, and what it will be used for. */
export interface Patient {
  readonly node: string;
  readonly entrance: Entrance;
  readonly needs: NodeNeeds;
}

const shellTimeoutMs = 5000;
/** A node with a full disk or without memory is slow; one that takes longer is as good as dead. */
const probeTimeoutMs = 30_000;

/** Looks at a host from its name down to its disks. Changes nothing. Throws only when `signal` is aborted. */
export async function examineHost(
  { node, entrance, needs }: Patient,
  signal: AbortSignal,
): Promise<NodeReport> {
  const { target, reach, outside } = await knock(entrance, signal);
  const common = { node, ...(target && { at: placeOf(target) }), ...(reach && { reach }) };
  if (target === undefined || outside !== undefined)
    return { ...common, diagnoses: outside === undefined ? [] : [outside] };
  const { facts, refused } = await factsFrom(target, needs, signal);
  const inside = facts === undefined ? [] : diagnoseNode(facts, needs);
  // What sudo said is better than what can be told without it.
  const diagnoses =
    refused === undefined ? inside : [refused, ...inside.filter(({ check }) => check !== refused.check)];
  return { ...common, ...(facts && { facts }), diagnoses };
}

/** What keeps a login from doing something on a host. Changes nothing. Throws only when `signal` is aborted. */
export async function examineLogin(entrance: Entrance, signal: AbortSignal): Promise<Diagnosis | undefined> {
  const { target, outside } = await knock(entrance, signal);
  if (target === undefined || outside !== undefined) return outside;
  const nothing = (shell: Shell): Promise<unknown> => shell.run(command("true"), signal);
  const answer = await attempt({ ...target, connectTimeoutMs: shellTimeoutMs }, nothing, signal);
  return "refused" in answer ? answer.refused : undefined;
}

interface Knocked {
  readonly target?: SshTarget;
  readonly reach?: ReachFacts;
  /** Why nobody gets in. */
  readonly outside?: Diagnosis;
}

/** Goes up to the door, past the jump host where there is one. */
async function knock(entrance: Entrance, signal: AbortSignal): Promise<Knocked> {
  const target = await entrance().catch((error: unknown) => {
    if (!(error instanceof HotsiteError)) throw error;
    return serious("login", error.message, error.hint ?? "correct the login in the config");
  });
  if ("check" in target) return { outside: target };
  const { node, jump, hostKey } = target;
  const onTheWay = jump && diagnoseReach(jump.hostKey.trust ?? jump.node, await probeReach(jump, signal));
  if (onTheWay !== undefined)
    return { target, outside: { ...onTheWay, check: `jump host, ${onTheWay.check}` } };
  const reach = await probeReach(target, signal);
  const outside = diagnoseReach(hostKey.trust ?? node, reach);
  return { target, reach, ...(outside && { outside }) };
}

interface Told {
  readonly facts?: NodeFacts;
  /** Why it does not do what we ask. */
  readonly refused?: Diagnosis;
}

/** Through sudo as everything else; when that fails, as the user who logs in, who sees the rest. */
async function factsFrom(target: SshTarget, needs: NodeNeeds, signal: AbortSignal): Promise<Told> {
  const { sudo, ...plain } = { ...target, connectTimeoutMs: shellTimeoutMs };
  const ask = async (shell: Shell): Promise<NodeFacts> =>
    probeNode(shell, needs, AbortSignal.any([signal, AbortSignal.timeout(probeTimeoutMs)]));
  if (sudo === undefined) return toldBy(await attempt(plain, ask, signal));
  const asRoot = toldBy(await attempt({ ...plain, sudo }, ask, signal));
  if (asRoot.facts !== undefined) return asRoot;
  return { ...toldBy(await attempt(plain, ask, signal)), ...asRoot };
}

function toldBy(answer: Answer<NodeFacts>): Told {
  return "value" in answer ? { facts: answer.value } : answer;
}

type Answer<T> = { readonly value: T } | { readonly refused: Diagnosis };

async function attempt<T>(
  target: SshTarget,
  work: (shell: Shell) => Promise<T>,
  signal: AbortSignal,
): Promise<Answer<T>> {
  try {
    await using shell = await openShell(target, signal);
    return { value: await work(shell) };
  } catch (error) {
    signal.throwIfAborted();
    return { refused: refusalOf(error, target) };
  }
}

function refusalOf(error: unknown, { sudo }: SshTarget): Diagnosis {
  if (sudo !== undefined && error instanceof CredentialError && error.hint !== undefined)
    return serious("sudo", error.message, error.hint);
  const problem = `it lets us in, and commands do not run: ${messageOf(error)}`;
  return serious("shell", problem, "look at the user's login shell and start-up files there");
}

function placeOf({ at, login, jump }: SshTarget): string {
  const through = jump === undefined ? "" : ` through ${jump.at.host}`;
  return `${login.user}@${at.host}:${at.port}${through}`;
}
