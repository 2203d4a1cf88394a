import { command, file, script } from "../../core/command.ts";
import type { Endpoint } from "../../core/driver.ts";
import type { CustomCommand, Metric } from "../../core/recipe.ts";
import { tcpOpen } from "../checks.ts";
import { defineRecipe } from "../define.ts";
import type { MakeRef } from "../refs.ts";
import { lastLines, systemd } from "../systemd.ts";
import { resolveText } from "../text.ts";
import { FOR_TOMCAT, joinProperties, removeFolders, tomcatFiles, TOMCAT_PACKAGES } from "./files.ts";
import { tomcatParams, type TomcatParams } from "./params.ts";

type Ports = Pick<TomcatParams, "port" | "tlsPort">;

/** Debian's Tomcat 10 with HTTP and HTTPS; what it serves comes with files and hooks, or see `war`. */
export const tomcat = defineRecipe("tomcat", {
  params: tomcatParams,
  packages: TOMCAT_PACKAGES,
  files: (scope) => [
    ...tomcatFiles(scope, { appBase: "webapps" }),
    ...Object.entries(scope.params.files).map(([path, content]) =>
      file(path, resolveText(scope, content), FOR_TOMCAT),
    ),
  ],
  service: systemd("tomcat10"),
  hooks: (scope) => ({ afterConfigure: [joinProperties(scope)], afterUninstall: [removeFolders(scope)] }),
  ready: ({ params }) => tcpOpen(params.port, { explain: lastLines("tomcat10") }),
  endpoints: (ref) => tomcatEndpoints(ref),
  commands: { threads: threadDump<TomcatParams>() },
  metrics: tomcatMetrics<TomcatParams>(),
});

/** Where a Tomcat is reached. */
export function tomcatEndpoints<P extends Ports>(ref: MakeRef<P>) {
  return {
    http: ref("http", ({ node, params }): Endpoint => ({ host: node.address, port: params.port })),
    https: ref("https", ({ node, params }): Endpoint => ({
      host: node.address,
      port: params.tlsPort,
      tls: true,
    })),
  };
}

export function threadDump<P>(): CustomCommand<P> {
  return { summary: "print what every thread of the JVM is doing", run: () => script(THREADS) };
}

export function tomcatMetrics<P extends Ports>(): Record<string, Metric<P>> {
  return {
    connections: {
      unit: "connections",
      summary: "open connections to both ports",
      run: ({ params }) =>
        script(
          'ss --no-header --tcp --numeric state established "( sport = :$1 or sport = :$2 )" | wc -l',
          String(params.port),
          String(params.tlsPort),
        ),
    },
    memory: {
      unit: "bytes",
      summary: "memory of the service",
      run: () => command("systemctl", "show", "--property", "MemoryCurrent", "--value", "tomcat10"),
    },
  };
}

// The runtime has no jcmd; a JVM answers SIGQUIT with its threads on standard output, which is the journal.
const THREADS = `
cursor=$(journalctl --unit tomcat10 --lines 0 --show-cursor | sed -n 's/^-- cursor: //p')
systemctl kill --kill-whom main --signal QUIT tomcat10 || exit 1
for _ in 1 2 3 4 5 6 7 8 9 10; do
  sleep 0.3
  dump=$(journalctl --unit tomcat10 --after-cursor "$cursor" --output cat)
  case $dump in *"Heap"*) break ;; esac
done
printf '%s\\n' "$dump"`;
