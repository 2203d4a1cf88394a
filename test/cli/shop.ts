import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { NodeRecord } from "../../lifecycle/nodes.ts";
import { folderWith } from "./support.ts";
import type { Behaviour } from "./fixtures/paper-cloud.ts";

const fixture = fileURLToPath(new URL("./fixtures/paper-cloud.ts", import.meta.url));

/** A config on paper machines, in a folder of its own. */
export async function shopOn(behaviour: Behaviour) {
  const folder = await folderWith({
    "paper-cloud.ts": await readFile(fixture, "utf8"),
    "behaviour.ts": behaviourText(behaviour),
    "machines.json": "[]",
    "hotsite.config.ts": config,
  });
  return Object.assign(folder, {
    machines: async () => JSON.parse(await readFile(join(folder.path, "machines.json"), "utf8")) as unknown[],
    behave: (next: Behaviour) => folder.write("behaviour.ts", behaviourText(next)),
  });
}

/** A node as the store keeps it. */
export function nodeRecord(name: string): NodeRecord {
  const machine = { id: `paper-${name}`, owner: "o", site: "east", name, address: "192.0.2.7", exposed: {} };
  return {
    claim: { id: name, owner: "o", site: "east", name, template: {}, authorizedKey: "", expose: [] },
    run: "r",
    machine: {
      ...machine,
      claim: name,
      state: "running",
      ssh: { host: "127.0.0.1", port: 9, user: "ops", hostKey: "SHA256:told" },
    },
    hostKey: "SHA256:pinned",
  };
}

const behaviourText = (behaviour: Behaviour): string =>
  `export const behaviour = ${JSON.stringify(behaviour)};\n`;

const config = `
import { application, mysql, secret, tomcat } from "hotsite";
import { behaviour } from "./behaviour.ts";
import { paper } from "./paper-cloud.ts";

const db = mysql("db", {
  databases: { shop: {} },
  users: { shop: { password: secret.generated(), grants: { shop: "ALL" } } },
});

export default application("shop", {
  sites: { east: { role: "primary", cloud: paper(import.meta.dirname + "/machines.json", behaviour) } },
  services: [db, tomcat("web", {})],
});
`;
