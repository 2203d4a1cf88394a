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
  readonly all?: boolean;
  readonly remove?: string;
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

/** What a verb found or did: the same thing as text and as JSON. */
export interface Outcome {
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
  /** Default 0; another program's own code where that program did the work. */
  readonly exitCode?: number;
}

export type Run = (call: Call, signal: AbortSignal) => Promise<Outcome>;

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
  readonly load: () => Promise<{ readonly run: Run }>;
}
