import { CredentialError, HotsiteError } from "../core/errors.ts";
import type { XaDecision } from "../core/protection.ts";
import { xidText } from "./binlog/xa.ts";
import type { Flavour } from "./flavour.ts";
import { quoteString } from "./literal.ts";
import type { Source } from "./source.ts";

/** In `hotsite.decided` at the server; told apart from one that the server refused by when it was done. */
export const decidedTableSql = `CREATE TABLE IF NOT EXISTS hotsite.decided (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  xid VARCHAR(600) NOT NULL,
  decision VARCHAR(16) NOT NULL,
  decided_by VARCHAR(190) NOT NULL,
  reason TEXT NOT NULL,
  done TIMESTAMP(3) NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT='what a person has decided on of what XA had prepared'`;

/** Of a client that prints text: neither bytes nor line ends of an id are in it. */
export const undecidedSql: Readonly<Record<Flavour, string>> = {
  mariadb: "XA RECOVER FORMAT='SQL';\n",
  mysql: "XA RECOVER CONVERT XID;\n",
};

/** The ids in what such a client printed. */
export function readUndecided(printed: string): readonly string[] {
  const lines = printed.split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const [format = "", globalBytes = "", , data = ""] = line.split("\t");
    const hex = hexOf(data, Number(globalBytes));
    const end = 2 * Number(globalBytes);
    return xidText(hex.slice(0, end), hex.slice(end), Number(format));
  });
}

/** MySQL prints `0x…`; MariaDB literals with commas between, in hexadecimal unless every character is plain. */
function hexOf(data: string, globalBytes: number): string {
  if (data.startsWith("0x")) return data.slice(2);
  if (data.startsWith("X'")) return [...data.matchAll(/X'([0-9a-f]*)'/gi)].map(([, hex]) => hex).join("");
  const global = data.slice(1, globalBytes + 1);
  const branch = /^,'(.*)'(,\d+)?$/.exec(data.slice(globalBytes + 2))?.[1] ?? "";
  return Buffer.from(global + branch, "latin1").toString("hex");
}

/** What MySQL says to whoever may not see them. */
const mayNotSee = 1401;

/** The ids of what the server has prepared and nobody has decided on. Throws "credentials" when the user may not see them. */
export async function undecidedAt(source: Source): Promise<readonly string[]> {
  const rows = await source.raw("XA RECOVER").catch((error: unknown) => {
    if (error instanceof HotsiteError && error.details["number"] === mayNotSee) throw unseen(error);
    throw error;
  });
  return rows.map(([format, globalBytes, branchBytes, data]) => {
    const [end, bytes] = [Number(globalBytes), data ?? Buffer.alloc(0)];
    const branch = bytes.subarray(end, end + Number(branchBytes));
    return xidText(bytes.subarray(0, end).toString("hex"), branch.toString("hex"), Number(format));
  });
}

function unseen(cause: HotsiteError): CredentialError {
  return new CredentialError("the user may not see what is prepared by XA", {
    cause,
    hint: "GRANT XA_RECOVER_ADMIN ON *.* to the user",
  });
}

/** Keeps who decides what and why, decides, and keeps that it was done. The id must be one that was listed. */
export function decisionSql({ xid, decision, by, reason }: XaDecision): string {
  if (!listed.test(xid)) {
    throw new HotsiteError("usage", `no id as it is listed: ${xid}`, {
      hint: "hotsite replication undecided",
    });
  }
  const values = [xid, decision, by, reason].map(quoteString).join(", ");
  return [
    `INSERT INTO hotsite.decided (xid, decision, decided_by, reason) VALUES (${values})`,
    `XA ${decision === "commit" ? "COMMIT" : "ROLLBACK"} ${xid}`,
    "UPDATE hotsite.decided SET done = NOW(3) WHERE id = LAST_INSERT_ID()",
  ].join(";\n");
}

const listed = /^X'[0-9a-f]*',X'[0-9a-f]*',\d+$/;
const unknownId = 1397;

/** What a server says to a decision, as one of ours. */
export function decisionError(xid: string, error: unknown): unknown {
  if (!(error instanceof HotsiteError) || error.details["number"] !== unknownId) return error;
  return new HotsiteError("not-prepared", `the server has nobody's ${xid} to decide on`, {
    cause: error,
    hint: "it was decided meanwhile, or the session that prepared it is still connected: hotsite replication undecided",
  });
}

/** Decides at a server that a link reads, as the link's user. */
export async function decideAt(source: Source, decision: XaDecision): Promise<void> {
  await source.run(decisionSql(decision)).catch((error: unknown) => {
    throw decisionError(decision.xid, error);
  });
}
