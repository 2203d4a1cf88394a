import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { kafkaJars } from "../../recipes/kafka/jars.ts";

/** The class path of a broker of this version, fetched once through this machine's Maven settings. */
export async function kafkaClassPath(version: string): Promise<string> {
  const place = await kafkaJars(version);
  return (await readdir(place))
    .sort()
    .map((name) => join(place, name))
    .join(":");
}
