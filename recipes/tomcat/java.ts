import { z } from "zod";
import { script, type Command } from "../../core/command.ts";
import { foldersOf } from "./place.ts";
import { leastJava, nameOf, type TomcatSource } from "./version.ts";

/** What a config may say of the Java that runs a Tomcat. */
export const javaShape = {
  java: z.int().min(8).max(99).optional().describe("of Debian: 17 is openjdk-17-jre-headless"),
  javaHome: z
    .string()
    .regex(/^\/[^\0\n]+$/, { error: "should be an absolute path" })
    .optional()
    .describe("a Java that is on the node already, instead of one of Debian"),
};

interface JavaChoice {
  readonly tomcat: TomcatSource;
  readonly java?: number | undefined;
  readonly javaHome?: string | undefined;
}

/** Refuses a Java that the Tomcat cannot run on, and two Javas. */
export function checkJava(
  { tomcat, java, javaHome }: JavaChoice,
  {
    addIssue,
  }: { addIssue: (issue: { code: "custom"; path: string[]; message: string; input: unknown }) => void },
): void {
  const least = leastJava(tomcat);
  if (java !== undefined && java < least) {
    const message = `${nameOf(tomcat)} needs Java ${least} or newer`;
    addIssue({ code: "custom", path: ["java"], message, input: java });
  }
  if (java !== undefined && javaHome !== undefined)
    addIssue({
      code: "custom",
      path: ["javaHome"],
      message: "contradicts java: give one of them",
      input: javaHome,
    });
}

/** The Debian package of the Java that was chosen. */
export function javaPackages({ java, javaHome }: JavaChoice): readonly string[] {
  if (javaHome !== undefined) return [];
  return [java === undefined ? "default-jre-headless" : `openjdk-${java}-jre-headless`];
}

/** Where the chosen Java is found, whatever the machine's architecture. */
export function javaLink(context: { service: string }): string {
  return `${foldersOf(context).settings}/java`;
}

/** Points the link to the chosen Java; fails with its version when the Tomcat cannot run on it. */
export function linkJava(context: { service: string; params: JavaChoice }): Command {
  const { tomcat, java, javaHome } = context.params;
  const wanted =
    javaHome ?? (java === undefined ? "/usr/lib/jvm/default-java" : `/usr/lib/jvm/java-${java}-openjdk-*`);
  return script(LINK, javaLink(context), wanted, String(leastJava(tomcat)), nameOf(tomcat));
}

const LINK = `
link=$1 least=$3 tomcat=$4
case $2 in
  */java-*-openjdk-\\*) for home in \${2%\\*}*; do [ ! -x "$home/bin/java" ] || break; done ;;
  *) home=$2 ;;
esac
[ -x "$home/bin/java" ] || { echo "there is no Java in $home" >&2; exit 1; }
version=$("$home/bin/java" -version 2>&1 | sed -n 's/.* version "\\(1\\.\\)\\{0,1\\}\\([0-9]*\\).*/\\2/p')
[ "$version" -ge "$least" ] || { echo "$tomcat needs Java $least or newer; $home is Java $version" >&2; exit 1; }
ln -sfn "$home" "$link"`;
