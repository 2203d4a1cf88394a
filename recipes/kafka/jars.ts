import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fetchDependencies } from "../artifact/maven.ts";
import { cached, cacheFolder } from "../cache.ts";

/** A folder with the jars of one version of the broker, fetched once. Maven Central has no artifact that holds them all. */
export function kafkaJars(version: string): Promise<string> {
  return cached(cacheFolder("kafka-jars", version), async (into) => {
    const pom = join(into, "pom.xml");
    await writeFile(pom, pomOf(version));
    await fetchDependencies(`Kafka ${version}`, into, join(into, "jars"));
    await rm(pom);
  });
}

// kafka-tools-api is named by 4.4.0 but was never published for it; the broker does not load it. Without a binding of SLF4J it logs nothing.
function pomOf(version: string): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>hotsite</groupId>
  <artifactId>kafka-broker</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>${version}</version>
      <exclusions>
        <exclusion>
          <groupId>org.apache.kafka</groupId>
          <artifactId>kafka-tools-api</artifactId>
        </exclusion>
      </exclusions>
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
