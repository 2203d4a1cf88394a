import { setFlagsFromString } from "node:v8";

/** Between collections the heap may grow by this share: by default garbage of a large transaction would be three quarters of it. */
const growingPercent = 30;

/** For a process that carries a stream, before it begins; its threads too. */
export function keepHeapSmall(): void {
  setFlagsFromString(`--heap-growing-percent=${growingPercent}`);
}
