import { join } from "node:path";
import { z } from "zod";
import { artifact } from "../artifact/artifact.ts";
import { cached, cacheFolder } from "../cache.ts";
import { LocalPath } from "../local-path.ts";
import { packFolder } from "../pack.ts";
import { megabytes } from "../size.ts";
import { kafkaJars } from "./jars.ts";

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

const port = z.int().min(1).max(65535);

/** What a config may say of a Kafka. */
export const kafkaParams = z
  .strictObject({
    version: kafkaVersion
      .default("4.4.0")
      .describe(
        "fetched from Maven Central by this machine, once, and sent to the nodes; or { archive: … }. Default: 4.4.0",
      ),
    port: port.default(9092).describe("of clients and of the brokers among themselves; TLS only"),
    controllerPort: port.default(9093).describe("of the quorum; TLS, for nodes of the application alone"),
    heap: megabytes(192).prefault("512MB").describe("of the JVM; the page cache needs as much again"),
    dataDir: z
      .string()
      .regex(/^(\/[A-Za-z0-9_][A-Za-z0-9._-]*){2,}$/, {
        error: "should be an absolute path of letters, digits and . _ -, not at the top",
      })
      .optional()
      .describe("where the records lie; uninstalling keeps it. Default: /var/lib/hotsite-kafka-<service>"),
    settings: z.record(setting, settingValue).default({}).describe("further settings of the broker"),
  })
  .refine((params) => params.port !== params.controllerPort, {
    path: ["controllerPort"],
    error: "is the port of the clients already",
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
