import { z } from "zod";
import { artifact, artifactOf } from "../artifact/artifact.ts";
import type { LocalPath } from "../local-path.ts";

/** The lines of Tomcat that are maintained, and the oldest Java that each one runs on. */
const LINES: Readonly<Record<string, number>> = { "9.0": 8, "10.1": 11, "11.0": 17 };

const lines = Object.keys(LINES).join(", ");

const version = z.string().regex(/^(9\.0|10\.1|11\.0)\.\d{1,4}$/, {
  error: `should be a version of Tomcat ${lines}, like "11.0.18"`,
});

const archived = z
  .strictObject({
    archive: artifact(),
    version: version.optional().describe("needed when the archive's name does not tell it"),
  })
  .transform(({ archive, version: named }, context) => {
    const found = named ?? versionIn(archive.path);
    if (found !== undefined) return { kind: "archive" as const, archive, version: found };
    const allowed = `{ archive: …, version: "11.0.18" }, of the lines ${lines}`;
    context.issues.push({
      code: "custom",
      message: `its name does not tell a version of Tomcat: ${allowed}`,
      input: archive.path,
    });
    return z.NEVER;
  });

/** Which Tomcat runs. */
export type TomcatSource =
  /** Debian's package `tomcat10`. */
  | { readonly kind: "debian" }
  /** An archive as Apache publishes it. */
  | { readonly kind: "archive"; readonly archive: LocalPath; readonly version: string };

/** A parameter that says which Tomcat: "debian", a version that Maven fetches, or an archive. */
export const tomcatSource = z.union(
  [z.literal("debian").transform((kind) => ({ kind })), version.transform(fromMaven), archived],
  {
    error: `should be "debian", a version of ${lines} like "11.0.18", or { archive: "./apache-tomcat-11.0.18.tar.gz" } (a path, a URL with its checksum, or Maven coordinates)`,
  },
);

/** The oldest Java that runs this Tomcat. */
export function leastJava(source: TomcatSource): number {
  // Debian's is a 10.1.
  const line = source.kind === "debian" ? "10.1" : source.version.replace(/\.\d+$/, "");
  return LINES[line] ?? 17;
}

/** As people name it. */
export function nameOf(source: TomcatSource): string {
  return source.kind === "debian" ? "Debian's Tomcat 10.1" : `Tomcat ${source.version}`;
}

function fromMaven(wanted: string): TomcatSource {
  const archive = artifactOf({ maven: `org.apache.tomcat:tomcat:${wanted}:tar.gz` });
  return { kind: "archive", archive, version: wanted };
}

function versionIn(name: string): string | undefined {
  const [, found] = /tomcat[-:]v?(\d+\.\d+\.\d+)/.exec(name) ?? [];
  return version.safeParse(found).data;
}
