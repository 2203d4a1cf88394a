import { join } from "node:path";
import type { Client } from "../../replication/database-dialect.ts";
import type { DatabaseServer } from "./database-server.ts";
import { mysqlTree } from "./mysql-tree.ts";

/** The command line client of the server's makers, as root through its socket. */
export async function clientFor({ flavour, socket }: DatabaseServer): Promise<Client> {
  const login = ["--no-defaults", `--socket=${socket}`, "--user=root"];
  if (flavour === "mariadb") return ["mariadb", ...login];
  const { command, folder } = await mysqlTree("9.7");
  return [command, "--library-path", join(folder, "lib"), join(folder, "bin/mysql"), ...login];
}
