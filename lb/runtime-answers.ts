import type { Member } from "../core/balancer.ts";
import { HotsiteError } from "../core/errors.ts";

/** A server as `show servers state` tells it. */
export interface ServerState {
  readonly server: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly state: Member["state"];
}

/** A server as `show stat` counts it. */
export interface ServerStats {
  readonly server: string;
  readonly state: Member["state"];
  readonly healthy: boolean;
  readonly sessions: number;
  readonly requests: number;
}

/** Bits of `srv_admin_state`: any way into maintenance, and any way into drain (HAProxy's management guide, "show servers state"). */
const MAINTENANCE = 0x01 | 0x02 | 0x04 | 0x20;
const DRAIN = 0x08 | 0x10;

export function parseServers(answer: string): readonly ServerState[] {
  return rows(answer, " ", "srv_name").map((row) => {
    const admin = Number(row["srv_admin_state"]);
    return {
      server: row["srv_name"] ?? "",
      host: row["srv_addr"] ?? "",
      port: Number(row["srv_port"]),
      tls: row["srv_use_ssl"] === "1",
      state: (admin & MAINTENANCE) !== 0 ? "off" : (admin & DRAIN) !== 0 ? "drain" : "ready",
    };
  });
}

export function parseStats(answer: string): readonly ServerStats[] {
  return rows(answer, ",", "svname").map((row) => {
    const status = row["status"] ?? "";
    return {
      server: row["svname"] ?? "",
      state: status.startsWith("MAINT") ? "off" : status.startsWith("DRAIN") ? "drain" : "ready",
      // "UP 1/2" is going down and still used; "DOWN 1/2" is coming up and not used yet.
      healthy: status.startsWith("UP") || status.startsWith("DRAIN") || status === "no check",
      sessions: Number(row["scur"]),
      requests: Number(row["stot"]),
    };
  });
}

/** The lines below the header that begins with `# `, as records. */
function rows(
  answer: string,
  separator: string,
  needed: string,
): readonly Readonly<Record<string, string>>[] {
  const lines = answer.split("\n").map((line) => line.trim());
  const header = lines.findIndex((line) => line.startsWith("# "));
  const names = lines[header]?.slice(2).split(separator) ?? [];
  if (!names.includes(needed)) {
    throw new HotsiteError("balancer-answer", `HAProxy's answer is not understood: ${answer.slice(0, 200)}`);
  }
  const values = lines.slice(header + 1).filter((line) => line !== "");
  return values.map((line) =>
    Object.fromEntries(line.split(separator).map((value, index) => [names[index] ?? "", value])),
  );
}
