import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { HotsiteError, messageOf } from "../../core/errors.ts";
import { Secret } from "../../core/secret.ts";
import { examine } from "../../lifecycle/doctor.ts";
import { nodesOf } from "../../lifecycle/topology.ts";
import { examineHost, type NodeReport } from "../../remote/doctor/examine.ts";
import { poolsOf } from "../byon-hosts.ts";
import { doctorText } from "../doctor-text.ts";
import { exitCodes } from "../exit.ts";
import { jobsNamed } from "../jobs.ts";
import { openSession, type Session } from "../session.ts";
import { nodeReport } from "../outcomes/doctor.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.strictObject({ nodes: z.array(nodeReport) });

const nothing = { packages: [], ports: [], units: [] };

/** Says what is wrong with nodes, or with a host that shall become one. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  const [target] = call.operands;
  const reports =
    target?.includes("@") === true
      ? [await examineStranger(call, target, signal)]
      : await examineNodes(call, target, signal);
  const ill = reports.some(({ diagnoses }) => diagnoses.some(({ serious }) => serious));
  return {
    text: doctorText(reports),
    json: { nodes: reports },
    exitCode: ill ? exitCodes.failed : exitCodes.ok,
  };
}

async function examineNodes(
  call: Call,
  target: string | undefined,
  signal: AbortSignal,
): Promise<readonly NodeReport[]> {
  await using session = await openSession(call);
  const { application } = session.config;
  const host = target === undefined ? undefined : await examinePooled(session, target, signal);
  if (host !== undefined) return [host];
  const specs =
    target === undefined
      ? nodesOf(application)
      : [
          ...new Map(
            jobsNamed(application, target).map(({ spec }) => [`${spec.site}/${spec.name}`, spec]),
          ).values(),
        ];
  return await Promise.all(specs.map((spec) => examine(session.world, spec, signal)));
}

/** A host of `byon({…})`, as the config says how to log in to it. */
async function examinePooled(
  session: Session,
  id: string,
  signal: AbortSignal,
): Promise<NodeReport | undefined> {
  for (const pool of await poolsOf(session)) {
    const host = pool.hosts.find((one) => one.id === id);
    if (host === undefined) continue;
    return await examineHost({ node: id, entrance: () => pool.target(host), needs: nothing }, signal);
  }
  return undefined;
}

async function examineStranger(call: Call, target: string, signal: AbortSignal): Promise<NodeReport> {
  const { user, host, port } = placeOf(target);
  const key = call.options.identity;
  if (key !== undefined) return examineWith(await readKey(resolve(call.cwd, key)));
  await using session: Session = await openSession(call);
  return await examineWith(session.world.loginKey.privateKey);

  function examineWith(privateKey: Secret): Promise<NodeReport> {
    const hostKey = { known: () => Promise.resolve(undefined), pin: () => Promise.resolve() };
    const options = { node: target, at: { host, port }, login: { user, privateKey }, hostKey };
    return examineHost({ node: target, entrance: () => Promise.resolve(options), needs: nothing }, signal);
  }
}

/** `ops@10.0.0.13`, `ops@host:2222`, `ops@[fd00::7]:2222`. */
function placeOf(target: string): { user: string; host: string; port: number } {
  const parts = /^([^@\s]+)@(?:\[([^\]\s]+)\]|([^:\s]+))(?::(\d{1,5}))?$/.exec(target);
  if (parts === null) {
    throw new HotsiteError("usage", `${target} is not a host`, { hint: "write user@host or user@host:port" });
  }
  return { user: parts[1] ?? "", host: parts[2] ?? parts[3] ?? "", port: Number(parts[4] ?? 22) };
}

async function readKey(path: string): Promise<Secret> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new HotsiteError("usage", `--identity: cannot read ${path}: ${messageOf(cause)}`, { cause });
  });
  return new Secret(text);
}
