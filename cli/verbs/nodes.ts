import { z } from "zod";
import type { Machine } from "../../core/driver.ts";
import { messageOf } from "../../core/errors.ts";
import type { NodeRecord } from "../../lifecycle/nodes.ts";
import { machinesIn } from "../../lifecycle/site.ts";
import { nodesOf } from "../../lifecycle/topology.ts";
import { firstLine } from "../first-line.ts";
import { openSession, type Session } from "../session.ts";
import { table } from "../table.ts";
import type { Call, Outcome } from "../verb.ts";

const endpoint = z.strictObject({ host: z.string(), port: z.int(), tls: z.boolean().optional() });

const node = z.strictObject({
  name: z.string(),
  services: z.array(z.string()),
  state: z.enum(["running", "stopped", "gone", "not launched", "unknown"]),
  address: z.string().optional(),
  ssh: z.string().optional().describe("host:port"),
  exposed: z.record(z.string(), endpoint).describe("where people reach each port"),
});

/** What `--json` prints. */
export const outcome = z.strictObject({
  application: z.string(),
  nodes: z.array(node),
  problems: z.array(z.string()).describe("clouds that did not answer"),
});

/** Lists the machines that were claimed, with what their clouds say of them now. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const { name } = session.config.application;
  const records = await session.world.nodes.all();
  if (records.length === 0) {
    const text = `${name} has no machines yet; \`hotsite plan\` says what install would launch`;
    return { text, json: { application: name, nodes: [], problems: [] } };
  }
  const clouds = await askClouds(session, [...new Set(records.map(({ claim }) => claim.site))], signal);
  const nodes = records.map((record) => describe(session, record, clouds));
  const rows = nodes.map(({ name: node, services, state, address, ssh, exposed }) => [
    ...[node, services.join(" "), state, address ?? "", ssh ?? ""],
    Object.entries(exposed)
      .map(([port, at]) => `${port} at ${at.host}:${at.port}`)
      .join(" "),
  ]);
  const lines = [table(["NODE", "SERVICES", "STATE", "ADDRESS", "SSH", "EXPOSED"], rows), ...clouds.problems];
  return { text: lines.join("\n"), json: { application: name, nodes, problems: clouds.problems } };
}

interface CloudAnswers {
  readonly machines: readonly Machine[];
  /** Sites whose cloud did not answer. */
  readonly silent: ReadonlySet<string>;
  readonly problems: readonly string[];
}

async function askClouds(
  { world }: Session,
  sites: readonly string[],
  signal: AbortSignal,
): Promise<CloudAnswers> {
  const answers = await Promise.allSettled(sites.map((site) => machinesIn(world, site, signal)));
  signal.throwIfAborted();
  const machines = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  const silent = new Set(sites.filter((_, index) => answers[index]?.status === "rejected"));
  const problems = answers.flatMap((answer, index) =>
    answer.status === "rejected" ? [`  ${sites[index] ?? ""}: ${firstLine(messageOf(answer.reason))}`] : [],
  );
  return { machines, silent, problems };
}

function describe(
  { world }: Session,
  { claim, machine: known }: NodeRecord,
  { machines, silent }: CloudAnswers,
): z.infer<typeof node> {
  const { site, name } = claim;
  const now = machines.find((machine) => machine.site === site && machine.name === name);
  const placed = nodesOf(world.application).find((spec) => spec.site === site && spec.name === name);
  const machine = now ?? known;
  return {
    name: `${site}/${name}`,
    services: placed?.services.map(({ service }) => service.name) ?? [],
    state: silent.has(site) ? "unknown" : (now?.state ?? (known === undefined ? "not launched" : "gone")),
    address: machine?.address,
    ssh: machine && `${machine.ssh.host}:${machine.ssh.port}`,
    exposed: Object.fromEntries(Object.entries(machine?.exposed ?? {})),
  };
}
