import { file, type NodeFile } from "../../core/command.ts";
import type { RecipeScope } from "../spec.ts";
import type { MysqlParams, MysqlWired } from "./params.ts";
import { serverOf } from "./server.ts";
import { settingsFile } from "./server-config.ts";

/** What Debian's own server needs besides its package: settings and certificate; a change of any restarts it. */
export function nodeServerFiles(scope: RecipeScope<MysqlParams, MysqlWired>): readonly NodeFile[] {
  const { tls } = scope;
  const folder = serverOf(scope).tls;
  const own = { owner: "mysql", group: "mysql", restarts: true };
  return [
    settingsFile(scope),
    file("/etc/systemd/system/mariadb.service.d/hotsite.conf", RESTART_ALWAYS),
    file(`${folder}/ca.pem`, tls.ca, own),
    file(`${folder}/certificate.pem`, tls.certificate, own),
    file(`${folder}/key.pem`, tls.key, { ...own, mode: 0o400 }),
  ];
}

// Debian restarts it only on some ways to die, and after 5 s.
const RESTART_ALWAYS = `[Service]
Restart=always
RestartSec=1
`;
