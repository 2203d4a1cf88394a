import type { Controls } from "../lifecycle/controls.ts";
import type { Scene } from "../lifecycle/context.ts";
import type { World } from "../lifecycle/world.ts";
import type { LostTransaction, TableDiff } from "./world.ts";

export interface Evidence {
  readonly world: World;
  readonly scene: Scene;
  readonly controls: Controls;
}

export function lostBetween(
  _e: Evidence,
  _way: { site: string; from: string; to: string },
  _signal: AbortSignal,
): Promise<readonly LostTransaction[]> {
  throw new Error("evidence: waiting for the reader");
}

export function compareSites(
  _e: Evidence,
  _way: { source: string; target: string },
  _signal: AbortSignal,
): Promise<readonly TableDiff[]> {
  throw new Error("evidence: waiting for verify");
}
