import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Where a server's own tests are: folders that hold `t/*.test`, `include/*.inc` and the like. */
export interface SuiteScript {
  /** The folder that names in scripts start at. */
  readonly root: string;
  /** Below it: `main/type_date.test`. */
  readonly path: string;
}

/** Statements out of a script, with those of the files that it reads in. Branches are all taken, loops once; commands of the tool that runs such scripts are left out. */
export async function statementsOf(script: SuiteScript): Promise<readonly string[]> {
  const reading: Reading = {
    root: script.root,
    variables: new Map(),
    functions: new Set(),
    statements: [],
    delimiter: ";",
  };
  await readScript(reading, script.path, 0);
  return reading.statements;
}

interface Reading {
  readonly root: string;
  readonly variables: Map<string, string>;
  /** Those that the script has made so far: a query that calls one may change rows. */
  readonly functions: Set<string>;
  readonly statements: string[];
  delimiter: string;
}

/** Bytes are kept: scripts are in many character sets. */
const bytes = "latin1";
const deepest = 5;
const longest = 100_000;

async function readScript(reading: Reading, path: string, depth: number): Promise<void> {
  const script = await readFile(join(reading.root, path), bytes).catch(() => "");
  let text = "";
  for (const line of script.split("\n")) {
    const trimmed = line.trim();
    if (text === "") {
      if (trimmed === "" || trimmed.startsWith("#") || /^[{}]+$/.test(trimmed)) continue;
      if (trimmed.startsWith("--")) {
        await command(reading, path, trimmed.replace(/^--\s*/, ""), depth);
        continue;
      }
      if (/^(if|while)\s*\(.*\)\s*\{?$/.test(trimmed)) continue;
    }
    text += `${line}\n`;
    const changes = /^delimiter\s/i.test(trimmed) && text === `${line}\n`;
    if (!changes && !trimmed.endsWith(reading.delimiter)) continue;
    const whole = text.trimEnd();
    text = "";
    await command(reading, path, changes ? whole : whole.slice(0, -reading.delimiter.length).trim(), depth);
  }
}

/** One that the tool would run itself, or a statement. */
async function command(reading: Reading, path: string, whole: string, depth: number): Promise<void> {
  const { variables, root, delimiter } = reading;
  const [, word = "", rest = ""] = /^(\w+)\s*([^]*)$/.exec(whole) ?? [];
  switch (word.toLowerCase()) {
    case "delimiter":
      reading.delimiter = rest.trim().replace(/(.);$/, "$1");
      if (delimiter !== ";" && rest.trim().startsWith(";")) reading.delimiter = ";";
      return;
    case "let": {
      const [, name, value = ""] = /^(\$\w+)\s*=\s*([^]*)$/.exec(rest) ?? [];
      if (name !== undefined) variables.set(name, filled(value, variables));
      return;
    }
    case "source": {
      const name = filled(rest.replace(/;$/, "").trim(), variables);
      const near = join(dirname(path), name);
      if (depth < deepest)
        for (const one of new Set([name, near])) {
          const before = reading.statements.length;
          if (one.startsWith("..") || root === "") continue;
          await readScript(reading, one, depth + 1);
          if (reading.statements.length > before) return;
        }
      return;
    }
    default: {
      const sql = word.toLowerCase() === "eval" ? filled(rest, variables) : whole;
      const [, made] = /^create\b.*\bfunction\s+(?:\w+\.)?`?(\w+)/i.exec(sql) ?? [];
      if (made !== undefined) reading.functions.add(made.toLowerCase());
      if (sql !== "" && (!elsewhere.test(sql) || acts(sql, reading.functions)))
        reading.statements.push(transactional(sql));
    }
  }
}

function filled(text: string, variables: ReadonlyMap<string, string>): string {
  // A variable may be put together from itself again and again.
  return text.replace(/\$\w+/g, (name) => (variables.get(name) ?? "").slice(0, longest));
}

/** The tests are about what tables hold; how old engines keep them is no part of a link. */
function transactional(sql: string): string {
  return sql.replace(
    /\b((?:default_)?(?:storage_)?engine|type)\s*=?\s*(['"`]?)(?:heap|memory|myisam|aria|maria)\b\2/gi,
    "$1=$2InnoDB$2",
  );
}

/** A query that calls a function of the script, or sets a variable that a later statement takes. */
function acts(sql: string, functions: ReadonlySet<string>): boolean {
  if (!/^select\b/i.test(sql) || /\bsleep\s*\(|benchmark\s*\(|get_lock/i.test(sql)) return false;
  if (/:=|\binto\s+@|\blast_insert_id\s*\(/i.test(sql)) return true;
  return [...sql.matchAll(/(\w+)`?\s*\(/g)].some(([, name = ""]) => functions.has(name.toLowerCase()));
}

/** Of the tool or of the whole server, slow by themselves, or accounts, which do not travel. */
const elsewhere =
  /^(echo|error|connect|connection|disconnect|if|while|inc|dec|sleep|exit|die|skip|reap|send|send_eval|query_\w+|write_file|append_file|remove_file\w*|copy_file|cat_file|list_files|mkdir|rmdir|file_exists|chmod|exec|perl|save_master_pos|sync_\w+|wait_\w+|character_set|result_format|replace_(result|column|regex)|sorted_result|(en|dis)able_\w+|horizontal_results|vertical_results|start_timer|end_timer|real_sleep|require|shutdown|kill|purge|reset|change|install|uninstall|flush|lock|set\s+(global|persist|persist_only|@@global)|handler|check|repair|backup|optimize|analyze|grant|revoke|show|select|explain|help|(create|drop|alter|rename)\s+(user|role))\b|\bsql_log_bin\b|\bbinlog_format\b|\bbinlog_row_image\b|\bsleep\s*\(|benchmark\s*\(|discard\s+tablespace|get_lock|engine\s*=?\s*['"`]?(merge|mrg|csv|archive|federated|blackhole|ndb|s3|connect|spider|mroonga|rocksdb)/i;
