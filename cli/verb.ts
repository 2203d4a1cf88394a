import type { z } from "zod";
import type { Output } from "./output.ts";

/** Every option of every verb; a verb only looks at those that it declares. */
export interface Options {
  readonly config?: string;
  readonly state?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly deleteData?: boolean;
  readonly commands?: boolean;
  readonly only?: string;
  readonly template?: string;
  readonly follow?: boolean;
  readonly lines?: number;
  readonly since?: string;
  readonly identity?: string;
  readonly abandon?: boolean;
  readonly force?: readonly string[];
  readonly live?: string;
  readonly recover?: boolean;
  readonly reap?: boolean;
  readonly delay?: number;
  readonly jitter?: number;
  readonly loss?: number;
  readonly bandwidth?: number;
  readonly cut?: boolean;
  readonly heal?: boolean;
  readonly oneWay?: boolean;
  readonly site?: string;
  readonly drain?: number;
  readonly sessions?: number;
  readonly all?: boolean;
  readonly remove?: string;
  readonly check?: boolean;
  readonly watch?: boolean;
  readonly metrics?: string;
  readonly reason?: string;
  readonly commit?: string;
  readonly rollBack?: string;
  readonly untilCaughtUp?: boolean;
  readonly drainLog?: boolean;
  readonly table?: readonly string[];
  readonly repair?: boolean;
  readonly resume?: boolean;
  readonly maxRowsPerSecond?: number;
  readonly metricsFile?: string;
}

/** What the user typed, and where to answer. */
export interface Call {
  /** `local wan`. */
  readonly verb: string;
  readonly operands: readonly string[];
  readonly options: Options;
  readonly output: Output;
  readonly cwd: string;
}

/** The same value where nobody may change it: what a verb tells may belong to somebody else. */
export type Frozen<T> = T extends readonly (infer E)[]
  ? readonly Frozen<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T;

/** What a verb found or did: the same thing as text and as JSON, the latter as the verb's schema says. */
export interface Outcome<S extends z.ZodType<object>> {
  readonly text: string;
  readonly json: Frozen<z.infer<S>>;
  /** Default 0; another program's own code where that program did the work. */
  readonly exitCode?: number;
}

/** The code of a verb. */
export interface VerbCode<S extends z.ZodType<object> = z.ZodType<object>> {
  /** What `--json` prints, without the `ok` that every answer has; published in `docs/schema`. */
  readonly outcome: S;
  readonly run: (call: Call, signal: AbortSignal) => Promise<Outcome<S>>;
}

export interface OptionDeclaration {
  readonly flags: string;
  readonly summary: string;
  readonly choices?: readonly string[];
  /** Throws `HotsiteError` "usage". */
  readonly parse?: (text: string) => unknown;
}

/** One verb as help shows it; its code is loaded when it is called. */
export interface Verb {
  /** With its group in front: `local wan`. */
  readonly name: string;
  /** As commander writes them: `<node> [command...]`. */
  readonly operands?: string;
  readonly summary: string;
  readonly options?: readonly OptionDeclaration[];
  /** Command lines without `hotsite`, and what each one is for. */
  readonly examples: readonly (readonly [line: string, purpose: string])[];
  readonly load: () => Promise<VerbCode>;
}
