import type { Connection } from "mysql2/promise";

/** Statements out of a script of the server's own test suite; its commands and what a link cannot be asked to follow are left out. */
export function statementsOf(script: string): readonly string[] {
  let delimiter = ";";
  const statements: string[] = [];
  let text = "";
  for (const line of script.split("\n")) {
    const trimmed = line.trim();
    if (text === "" && (trimmed === "" || trimmed.startsWith("#") || trimmed.startsWith("--"))) {
      continue;
    }
    const changed = /^delimiter\s+(\S+?)\s*;?$/i.exec(trimmed);
    if (changed !== null) {
      delimiter = changed[1] ?? ";";
      text = "";
      continue;
    }
    text += `${line}\n`;
    if (!trimmed.endsWith(delimiter)) continue;
    const sql = text.trimEnd().slice(0, -delimiter.length).trim();
    text = "";
    if (sql !== "" && !elsewhere.test(sql)) statements.push(sql);
  }
  return statements;
}

/** Of the server or of mysqltest, slow by themselves, or in databases of their own. */
const elsewhere =
  /^(let|eval|echo|error|source|connect|connection|disconnect|if|while|inc|dec|sleep|exit|die|skip|reap|send|write_file|remove_file|exec|perl|save_master_pos|use|shutdown|kill|purge|reset|change|install|uninstall|begin_|xa|flush|lock|set\s+(global|@@global)|handler|check|repair|backup|grant|revoke)\b|\bsql_log_bin\b|\bbinlog_format\b|\bbinlog_row_image\b|\bsleep\s*\(|benchmark|get_lock|\bsystem\s+versioning\b|period\s+for|engine\s*=?\s*['"`]?(memory|heap|merge|mrg|csv|archive|federated|blackhole|myisam|aria)/i;

/** Runs them as an application would: what the server refuses is passed over. */
export async function runScript(connection: Connection, script: string): Promise<number> {
  let done = 0;
  for (const sql of statementsOf(script)) {
    await connection.query({ sql, timeout: 5_000 }).then(
      () => (done += 1),
      () => undefined,
    );
  }
  return done;
}
