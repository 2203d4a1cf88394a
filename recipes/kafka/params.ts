import { join } from "node:path";
import { z } from "zod";
import { artifact } from "../artifact/artifact.ts";
import { cached, cacheFolder } from "../cache.ts";
import { LocalPath } from "../local-path.ts";
import { packFolder } from "../pack.ts";
import { secretSource } from "../secrets.ts";
import { megabytes } from "../../core/size.ts";
import { kafkaJars } from "./jars.ts";
import { LINK_USER } from "./users.ts";

const NEEDED_BY_HOTSITE =
  /^(process\.roles|node\.id|broker\.id|controller\.(quorum\.(voters|bootstrap\.servers)|listener\.names)|(advertised\.)?listeners|listener\..*|inter\.broker\.listener\.name|security\..*|log\.dirs?|metadata\.log\.dir|ssl\..*)$/;

const setting = z
  .string()
  .regex(/^[a-z0-9]+(\.[a-z0-9_]+)*$/, { error: "should be the name of a broker's setting" })
  .refine((name) => !NEEDED_BY_HOTSITE.test(name), { error: "is set by Hotsite and cannot be changed" });

const settingValue = z.union([z.string().regex(/^[^\r\n]*$/), z.number(), z.boolean()], {
  error: "should be a number, true, false or one line of text",
});

const kafkaVersion = z.union(
  [z.string().regex(/^(3\.9|4\.\d+)\.\d+$/), z.strictObject({ archive: artifact() })],
  {
    error:
      'should be a version from 3.9 on, like "4.4.0", or { archive: … }: the makers\' own .tgz, as a path, a URL with its checksum, or Maven coordinates',
  },
);

const userName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/, { error: "should be letters, digits, _ and -, a letter first" })
  .refine((name) => name !== LINK_USER, { error: "is the user of Hotsite's own links" });

const port = z.int().min(1).max(65535);

/** What a config may say of a Kafka. */
export const kafkaParams = z
  .strictObject({
    version: kafkaVersion
      .default("4.4.0")
      .describe(
        "fetched from Maven Central by this machine, once, and sent to the nodes; or { archive: … }. Default: 4.4.0",
      ),
    port: port.default(9092).describe("of clients, who log in; TLS only"),
    brokerPort: port
      .default(9094)
      .describe("of the brokers among themselves; TLS, for nodes of the application alone"),
    controllerPort: port.default(9093).describe("of the quorum; TLS, for nodes of the application alone"),
    heap: megabytes(192).prefault("512MB").describe("of the JVM; the page cache needs as much again"),
    dataDir: z
      .string()
      .regex(/^(\/[A-Za-z0-9_][A-Za-z0-9._-]*){2,}$/, {
        error: "should be an absolute path of letters, digits and . _ -, not at the top",
      })
      .optional()
      .describe("where the records lie; uninstalling keeps it. Default: /var/lib/hotsite-kafka-<service>"),
    users: z
      .record(userName, z.strictObject({ password: secretSource }))
      .default({})
      .describe("who may log in, by SCRAM-SHA-512; each may read and write everything"),
    settings: z.record(setting, settingValue).default({}).describe("further settings of the broker"),
  })
  .refine(({ port, controllerPort }) => port !== controllerPort, {
    path: ["controllerPort"],
    error: "is the port of the clients already",
  })
  .refine(({ port, controllerPort, brokerPort }) => ![port, controllerPort].includes(brokerPort), {
    path: ["brokerPort"],
    error: "is the port of the clients or of the quorum already",
  })
  .transform((params) => ({ ...params, distribution: distributionOf(params.version) }));

export type KafkaParams = z.output<typeof kafkaParams>;

/** An archive with the broker's jars: at its top, or where their makers put them. */
function distributionOf(version: z.output<typeof kafkaVersion>): LocalPath {
  if (typeof version !== "string") return version.archive;
  return new LocalPath(`Kafka ${version}`, () =>
    cached(cacheFolder("kafka-archives", version), async (into) =>
      packFolder(await kafkaJars(version), join(into, `kafka-${version}.tgz`)),
    ),
  );
}
