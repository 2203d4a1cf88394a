import { setMaxListeners } from "node:events";

/** Aborted with the first of them. Any number of steps may listen to it: that many at once are no leak. */
export function anySignal(...signals: readonly AbortSignal[]): AbortSignal {
  const any = AbortSignal.any([...signals]);
  setMaxListeners(Number.POSITIVE_INFINITY, any);
  return any;
}
