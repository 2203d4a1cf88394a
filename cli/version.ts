import { readFileSync } from "node:fs";

/** The version of this package. */
export const version = versionIn(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

function versionIn(json: string): string {
  return (JSON.parse(json) as { version: string }).version;
}
