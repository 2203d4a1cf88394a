import type { Contender } from "./race.ts";

/** The database's own replication with so many workers. */
export function native(workers: number): Contender {
  return {
    name: `native${workers}`,
    async ready({ flavour, source, from }, target) {
      await target.query(...flavour.follow(source, from, workers));
      return {
        pids: [],
        go: async () => {
          await target.query(flavour.startReplica);
        },
        problem: () => flavour.replicaProblem(target),
        // It ends with the target.
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    },
  };
}
