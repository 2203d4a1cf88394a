import { BACKEND } from "./haproxy-config.ts";

/** What HAProxy says about one server. */
export interface ServerStats {
  readonly healthy: boolean;
  readonly sessions: number;
  readonly requests: number;
}

/** The servers of our backend in the answer to `show stat`, by name. */
export function parseStats(csv: string): ReadonlyMap<string, ServerStats> {
  const [header = "", ...rows] = csv.split("\n").filter((line) => line.trim() !== "");
  const columns = header.replace(/^# /, "").split(",");
  const servers = new Map<string, ServerStats>();
  for (const row of rows) {
    const cells = row.split(",");
    const cell = (name: string): string => cells[columns.indexOf(name)] ?? "";
    const [backend, server] = [cell("pxname"), cell("svname")];
    if (backend !== BACKEND || server === "BACKEND" || server === "FRONTEND") continue;
    servers.set(server, {
      healthy: /^(UP|no check)/.test(cell("status")),
      sessions: Number(cell("scur")),
      requests: ANSWERS.reduce((sum, name) => sum + Number(cell(name)), 0),
    });
  }
  return servers;
}

const ANSWERS = ["hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other"];
