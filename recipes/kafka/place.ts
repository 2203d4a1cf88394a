import { createHash } from "node:crypto";
import { PreflightError } from "../../core/errors.ts";
import type { NodeView, RecipeContext } from "../../core/recipe.ts";
import type { KafkaParams } from "./params.ts";

export type KafkaContext = RecipeContext<KafkaParams>;

/** The user that all brokers of a node run as. */
export const KAFKA_USER = "hotsite-kafka";

/** Where the parts of a broker lie on its node. */
export function placeOf({ service, params }: KafkaContext) {
  const unit = unitOf(service);
  const software = `/opt/hotsite/${service}`;
  const settings = `/etc/hotsite/${service}`;
  const data = params.dataDir ?? `/var/lib/${unit}`;
  const { hash } = params.distribution.located;
  return {
    unit,
    software,
    settings,
    data,
    archive: `${software}/archives/${hash}.tgz`,
    jars: `${software}/${hash}`,
    /** Runs a class of the broker's jars. */
    java: `${software}/bin/kafka-java`,
    properties: `${settings}/server.properties`,
    /** Who may log in, as arguments for the making of the data folder; readable for root alone. */
    users: `${settings}/users`,
    ca: `${settings}/ca.pem`,
    /** Readable for root alone; each start gives the broker a copy. */
    keystore: `${settings}/keystore.pem`,
    keystoreCopy: `/run/${unit}/keystore.pem`,
  };
}

export function unitOf(service: string): string {
  return `hotsite-kafka-${service}`;
}

/** All nodes of the cluster: those of the service in the node's own site. A quorum of two would stop with either of them. */
export function clusterOf({ service, node, nodes }: KafkaContext): readonly NodeView[] {
  const members = nodes(service, node.site);
  if (members.length === 1 || members.length === 3) return members;
  throw new PreflightError(`services.${service}`, [
    {
      path: `services.${service}.instances`,
      problem: "should be 1 or 3 in each site",
      found: String(members.length),
      remedy: "give it instances: { initial: 3 }, of which one may be lost",
    },
  ]);
}

/** The cluster's name for itself, the same after each installation, so that kept data fits again. */
export function clusterIdOf({ application, service, node }: KafkaContext): string {
  const bytes = createHash("sha256")
    .update(`${application}/${service}/${node.site}`)
    .digest()
    .subarray(0, 16);
  // One that begins with "-" would look like an option.
  bytes.writeUInt8(bytes.readUInt8(0) & 0x7f, 0);
  return bytes.toString("base64url");
}
