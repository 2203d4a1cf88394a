import { script } from "../../core/command.ts";
import type { Endpoint } from "../../core/driver.ts";
import { HotsiteError } from "../../core/errors.ts";
import type { NodeFile } from "../../core/command.ts";
import type { CustomCommand, Metric, RecipeContext } from "../../core/recipe.ts";
import { tcpOpen } from "../checks.ts";
import { defineRecipe } from "../define.ts";
import type { MakeRef } from "../refs.ts";
import { lastLines, systemd, unitMemory } from "../systemd.ts";
import { removeTomcat } from "./archive.ts";
import { extraFile, setUpTomcat, tomcatFiles, tomcatPackages } from "./files.ts";
import { tomcatParams, type TomcatParams } from "./params.ts";
import { placeOf } from "./place.ts";

type Served = Pick<TomcatParams, "port" | "tlsPort" | "tomcat">;

/** Tomcat with HTTP and HTTPS: Debian's, or Apache's own archive. What it serves comes with files and hooks, or see `war`. */
export const tomcat = defineRecipe("tomcat", {
  params: tomcatParams,
  packages: tomcatPackages,
  files,
  service: (scope) => systemd(placeOf(scope).unit),
  hooks: (scope) => ({
    afterConfigure: setUpTomcat(scope, files(scope)),
    afterUninstall: [removeTomcat(scope)],
  }),
  ready: (scope) => tcpOpen(scope.params.port, { explain: lastLines(placeOf(scope).unit) }),
  endpoints: (ref) => tomcatEndpoints(ref),
  commands: { threads: threadDump<TomcatParams>() },
  metrics: tomcatMetrics<TomcatParams>(),
});

function files(context: RecipeContext<TomcatParams>): readonly NodeFile[] {
  return [
    ...tomcatFiles(context, { appBase: "webapps" }),
    ...Object.entries(context.params.files).map(([path, content]) => extraFile(context, path, content)),
  ];
}

/** Where a Tomcat is reached. */
export function tomcatEndpoints<P extends Served>(ref: MakeRef<P>) {
  return {
    http: ref("http", ({ node, params }): Endpoint => ({ host: node.address, port: params.port })),
    https: ref("https", ({ node, params }): Endpoint => {
      if (params.tlsPort !== false) return { host: node.address, port: params.tlsPort, tls: true };
      throw new HotsiteError("no-tls", `${node.service}.https is used, and tlsPort is false`, {
        hint: `give ${node.service} a tlsPort, or use ${node.service}.http`,
      });
    }),
  };
}

export function threadDump<P extends Served>(): CustomCommand<P> {
  return {
    summary: "print what every thread of the JVM is doing",
    run: (context) => script(THREADS, placeOf(context).unit),
  };
}

export function tomcatMetrics<P extends Served>(): Record<string, Metric<P>> {
  return {
    connections: {
      unit: "connections",
      summary: "open connections to both ports",
      run: ({ params: { port, tlsPort } }) =>
        script(
          'ss --no-header --tcp --numeric state established "( sport = :$1 or sport = :$2 )" | wc -l',
          String(port),
          String(tlsPort === false ? port : tlsPort),
        ),
    },
    memory: {
      unit: "bytes",
      summary: "memory of the service",
      run: (context) => unitMemory(placeOf(context).unit),
    },
  };
}

// The runtime has no jcmd; a JVM answers SIGQUIT with its threads on standard output, which is the journal.
const THREADS = `
cursor=$(journalctl --unit "$1" --lines 0 --show-cursor | sed -n 's/^-- cursor: //p')
systemctl kill --kill-whom main --signal QUIT "$1" || exit 1
for _ in 1 2 3 4 5 6 7 8 9 10; do
  sleep 0.3
  dump=$(journalctl --unit "$1" --after-cursor "$cursor" --output cat)
  case $dump in *"Heap"*) break ;; esac
done
printf '%s\\n' "$dump"`;
