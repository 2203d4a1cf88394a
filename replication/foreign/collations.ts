import type { Flavour } from "../flavour.ts";

/** Languages as MySQL's collations name them, and as MariaDB's do. */
const languages: Readonly<Record<string, string>> = {
  ...{ de_pb: "german2", is: "icelandic", lv: "latvian", ro: "romanian", sl: "slovenian", pl: "polish" },
  ...{ et: "estonian", es: "spanish", sv: "swedish", tr: "turkish", cs: "czech", da: "danish" },
  ...{ lt: "lithuanian", sk: "slovak", es_trad: "spanish2", la: "roman", eo: "esperanto" },
  ...{ hu: "hungarian", hr: "croatian", vi: "vietnamese" },
};
const codes = new Map(Object.entries(languages).map(([code, language]) => [language, code]));

/**
 * What the other kind of server calls a collation, the closest one first: the same letters are equal in it, and none that the source
 * keeps apart. None where there is no such collation.
 */
export function collationsLike(name: string, to: Flavour): readonly string[] {
  const lower = name.toLowerCase();
  return [lower, ...(to === "mariadb" ? fromMysql(lower) : fromMariadb(lower)), ...renamed(lower)];
}

/** Older servers of both kinds call utf8mb3 by another name. */
function renamed(name: string): readonly string[] {
  if (name.startsWith("utf8mb3_")) return [name.replace("utf8mb3_", "utf8_")];
  return name.startsWith("utf8_") ? [name.replace("utf8_", "utf8mb3_")] : [];
}

function fromMysql(name: string): readonly string[] {
  if (name === "utf8mb4_0900_bin") return ["utf8mb4_nopad_bin"];
  const [, code, strength = ""] = /^utf8mb4_(?:(\w+)_)?0900_(a[is]_c[is])$/.exec(name) ?? [];
  if (strength === "") return [];
  if (code === undefined) return [`utf8mb4_uca1400_nopad_${strength}`];
  const language = languages[code];
  return language === undefined ? [] : [`utf8mb4_uca1400_${language}_nopad_${strength}`];
}

function fromMariadb(name: string): readonly string[] {
  if (name === "utf8mb4_nopad_bin") return ["utf8mb4_0900_bin"];
  if (/^utf8mb4_(general|unicode|unicode_520)_nopad_ci$/.test(name)) return ["utf8mb4_0900_ai_ci"];
  const match = /^(?:(\w+?)_)?uca1400_(?:(\w+?)_)??(?:nopad_)?(a[is]_c[is])$/.exec(name);
  if (match === null) return [];
  const [, charset = "utf8mb4", language, strength = ""] = match;
  if (charset !== "utf8mb4") return language === undefined ? [`${charset}_unicode_520_ci`] : [];
  const code = language === undefined ? "" : codes.get(language);
  if (code === undefined) return [];
  const prefix = code === "" ? "utf8mb4_0900" : `utf8mb4_${code}_0900`;
  return [`${prefix}_${strength}`, ...(strength === "ai_ci" ? [] : [`${prefix}_as_cs`])];
}

/** As `SET collation_connection` takes them: numbers of collations that only one kind of server has. */
const firstOfMysql = 248;
const firstOfMariadb = 576;

/** The other server's collation of the same character set, for texts in a statement; undefined where it has no such character set. */
export function connectionCollation(id: number, to: Flavour): number | undefined {
  if (id < firstOfMysql) return id;
  if (to === "mariadb") return id < firstAfterGb18030 ? undefined : utf8mb4General;
  return id < firstOfMariadb ? id : (unicodeCollations[(id - firstUca1400) >> 8] ?? utf8mb4General);
}

const firstAfterGb18030 = 251;
const firstUca1400 = 2048;
const utf8mb4General = 45;
/** Of utf8mb3, utf8mb4, ucs2, utf16, utf32: MariaDB numbers its newer collations in this order, 256 each. */
const unicodeCollations = [33, 45, 35, 54, 60];
