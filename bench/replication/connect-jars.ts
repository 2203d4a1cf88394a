import { execFile } from "node:child_process";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { fetchDependencies, fetchFromMaven } from "../../recipes/artifact/maven.ts";
import { cached, cacheFolder } from "../../recipes/cache.ts";

const connectVersion = "4.3.1";
/** The MariaDB connector's newest release is older than the others'. */
const plugins = [
  "io.debezium:debezium-connector-mysql:3.6.0.Final:tar.gz:plugin",
  "io.debezium:debezium-connector-mariadb:3.5.0.Final:tar.gz:plugin",
  "io.debezium:debezium-connector-jdbc:3.6.0.Final:tar.gz:plugin",
];

/** Kafka Connect and Debezium's connectors, fetched once through this machine's Maven settings. */
export interface ConnectFiles {
  readonly classPath: string;
  readonly plugins: string;
}

export async function connectFiles(): Promise<ConnectFiles> {
  const jars = await cached(cacheFolder("connect-jars", connectVersion), async (into) => {
    const pom = join(into, "pom.xml");
    await writeFile(pom, pomOf(connectVersion));
    await fetchDependencies(`Kafka Connect ${connectVersion}`, into, join(into, "jars"));
    await rm(pom);
  });
  const names = (await readdir(jars)).sort();
  return { classPath: names.map((name) => join(jars, name)).join(":"), plugins: await pluginFolder() };
}

function pluginFolder(): Promise<string> {
  return cached(cacheFolder("debezium", "3.6.0"), async (into) => {
    const [archives, unpacked] = [join(into, "archives"), join(into, "plugins")];
    await mkdir(unpacked);
    for (const coordinates of plugins) await fetchFromMaven(coordinates, await made(archives));
    for (const name of await readdir(archives))
      await promisify(execFile)("tar", ["-xzf", join(archives, name), "-C", unpacked]);
    await rm(archives, { recursive: true });
  });
}

async function made(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  return folder;
}

// Without a binding of SLF4J it logs nothing.
function pomOf(version: string): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>hotsite</groupId>
  <artifactId>connect</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>connect-runtime</artifactId>
      <version>${version}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
`;
}
