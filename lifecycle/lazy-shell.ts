import type { Shell } from "../core/shell.ts";

/** A shell that is opened at its first use, and again after its node came back from a power cycle. Closing it closes nothing: its owner does. */
export function lazyShell(node: string, open: (signal: AbortSignal) => Promise<Shell>): Shell {
  return {
    node,
    run: async (command, signal, options) => (await open(signal)).run(command, signal, options),
    upload: async (files, signal) => (await open(signal)).upload(files, signal),
    download: async (path, signal) => (await open(signal)).download(path, signal),
    forward: async (host, port, signal) => (await open(signal)).forward(host, port, signal),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
