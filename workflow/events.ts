import type { Failure } from "./records.ts";
import type { RunState } from "./transitions.ts";

/** A step that could not be undone, or is still to do; `problem` is what went wrong with it, if anything did. */
export interface LeftStep {
  readonly step: string;
  readonly problem?: string;
}

/** What happens in a run, for whoever shows it. `ms` is how long it took. */
export type RunEvent =
  | {
      readonly kind: "run-started";
      readonly run: string;
      readonly workflow: string;
      readonly application: string;
      readonly resumed: boolean;
      /** All steps, in the order in which they are written. */
      readonly steps: readonly string[];
    }
  | { readonly kind: "step-started"; readonly step: string; readonly attempt: number }
  | { readonly kind: "step-progress"; readonly step: string; readonly text: string }
  | {
      readonly kind: "step-retried";
      readonly step: string;
      readonly attempt: number;
      readonly pauseMs: number;
      readonly error: Failure;
    }
  | { readonly kind: "step-done"; readonly step: string; readonly ms: number }
  | { readonly kind: "step-failed"; readonly step: string; readonly ms: number; readonly error: Failure }
  | { readonly kind: "step-undoing"; readonly step: string }
  | { readonly kind: "step-undone"; readonly step: string; readonly ms: number }
  | { readonly kind: "step-undo-failed"; readonly step: string; readonly ms: number; readonly error: Failure }
  | {
      readonly kind: "run-ended";
      readonly run: string;
      readonly workflow: string;
      readonly state: RunState;
      readonly ms: number;
      readonly error?: Failure;
      /** Steps that could not be undone, or are still to do when the run is stuck. */
      readonly left: readonly LeftStep[];
    };

/** Is told each event as it happens; must not throw. */
export interface Observer {
  onEvent(event: RunEvent): void;
}
