import { file, type NodeFile } from "../../core/command.ts";
import type { RecipeScope } from "../spec.ts";
import type { MysqlParams, MysqlWired } from "./params.ts";
import { ROLE_AGENT } from "./role-script.ts";
import { serverOf, serviceFolder } from "./server.ts";

type Scope = RecipeScope<MysqlParams, MysqlWired>;

/** The unit that keeps the database as writable as the witness says. */
export const ROLE_UNIT = "hotsite-role";

/** The agent on the database's node; none where there is no witness to ask. */
export function roleAgentFiles(scope: Scope): readonly NodeFile[] {
  const { wired, tls } = scope;
  if (wired.witness === undefined) return [];
  const folder = serviceFolder(scope);
  return [
    file(`${folder}/role-agent`, ROLE_AGENT, { mode: 0o755, restarts: true }),
    file(`${folder}/witness-ca.pem`, tls.ca, { restarts: true }),
    file(`${folder}/witnesses`, `${wired.witness.urls.join("\n")}\n`, { restarts: true }),
    file(`/etc/systemd/system/${ROLE_UNIT}.service`, unit(scope), { restarts: true }),
  ];
}

function unit(scope: Scope): string {
  const server = serverOf(scope);
  return `[Unit]
Description=Hotsite: lets the database be written to only where the witness says so
After=${server.unit}.service

[Service]
ExecStart=${serviceFolder(scope)}/role-agent ${scope.node.site} ${serviceFolder(scope)} ${server.client}
StateDirectory=${ROLE_UNIT}
Restart=always
RestartSec=1
MemoryMax=64M
ProtectSystem=strict
ProtectHome=true
PrivateTmp=true
NoNewPrivileges=true

[Install]
WantedBy=multi-user.target
`;
}
