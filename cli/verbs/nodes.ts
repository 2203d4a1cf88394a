import { table } from "../table.ts";
import { openSession } from "../session.ts";
import type { Call, Outcome } from "../verb.ts";

/** Lists the machines that are known, with their services and addresses. */
export async function run(call: Call): Promise<Outcome> {
  await using session = await openSession(call);
  const { nodesOf } = await import("../../lifecycle/topology.ts");
  const specs = nodesOf(session.config.application);
  const nodes = (await session.world.nodes.all()).map(({ claim, machine }) => ({
    name: `${claim.site}/${claim.name}`,
    services: specs
      .filter(({ site, name }) => site === claim.site && name === claim.name)
      .flatMap(({ services }) => services.map(({ service }) => service.name)),
    state: machine?.state ?? "not launched",
    address: machine?.address,
    ssh: machine === undefined ? undefined : `${machine.ssh.host}:${machine.ssh.port}`,
    exposed: machine === undefined ? {} : machine.exposed,
  }));
  const rows = nodes.map(({ name, services, state, address, ssh, exposed }) => [
    name,
    services.join(" "),
    state,
    address ?? "",
    ssh ?? "",
    Object.entries(exposed)
      .map(([port, at]) => `${port} at ${at.host}:${at.port}`)
      .join(" "),
  ]);
  const text =
    nodes.length === 0
      ? `${session.config.application.name} has no machines yet; \`hotsite plan\` says what install would launch`
      : table(["NODE", "SERVICES", "STATE", "ADDRESS", "SSH", "EXPOSED"], rows);
  return { text, json: { application: session.config.application.name, nodes } };
}
