import { doubleText } from "./binlog/json.ts";
import { HotsiteError } from "../core/errors.ts";
import { quoteString } from "./literal.ts";

/** One string, number, word or sign of a JSON text. */
const tokens = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|true|false|null|[{}[\],:]/g;

/**
 * A JSON document of MySQL as SQL for a MySQL, from the text that the source's SELECT gives. A DECIMAL in it would become a DOUBLE when its
 * text were read again, and lose digits, and early versions of MySQL 8 read long DOUBLEs inexactly: such a document is put together piece
 * by piece.
 */
export function jsonSql(text: string): string {
  return losesDigits(text) ? piecewise(text) : `CAST(${quoteString(text)} AS JSON)`;
}

function losesDigits(text: string): boolean {
  if (!/\d[.e][-+\d]/.test(text)) return false;
  return (text.match(tokens) ?? []).some((token) => isDecimal(token) || isLongDouble(token));
}

/** So many digits and such an exponent are read exactly by whatever multiplies the one by the other. */
const exactDigits = 15;
const exactExponent = 22;

function isLongDouble(token: string): boolean {
  const [, digits = "", fraction = "", exponent = "0"] =
    /^-?(\d+)(?:\.(\d+))?(?:e([-+]?\d+))?$/.exec(token) ?? [];
  if (fraction === "" && exponent === "0") return false;
  const scale = Math.abs(Number(exponent) - fraction.length);
  return digits.length + fraction.length > exactDigits || scale > exactExponent;
}

function isDecimal(token: string): boolean {
  return /^-?\d+\.\d+$/.test(token) && doubleText(Number(token)) !== token;
}

const signs: Readonly<Record<string, string>> = {
  ...{ "{": "JSON_OBJECT(", "}": ")", "[": "JSON_ARRAY(", "]": ")", ",": ",", ":": "," },
  ...{ true: "TRUE", false: "FALSE", null: "NULL" },
};

function piecewise(text: string): string {
  const sql = text.replaceAll(tokens, (token) => signs[token] ?? scalarSql(token)).trim();
  return /^JSON_/.test(sql) ? sql : `CAST(${sql} AS JSON)`;
}

function scalarSql(token: string): string {
  if (token.startsWith('"')) return quoteString(unquoted(token));
  // With an exponent it is a DOUBLE, without one a DECIMAL.
  return token.includes(".") && !token.includes("e") && !isDecimal(token) ? `${token}e0` : token;
}

function unquoted(token: string): string {
  const text: unknown = JSON.parse(token);
  if (typeof text === "string") return text;
  throw new HotsiteError("bad-record", "a text in a JSON document that is none");
}
