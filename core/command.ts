import type { Secret } from "./secret.ts";

/** A program with its arguments, or commands put together. Pure data: `remote` runs it, `plan` prints it. */
export type Command =
  | {
      readonly kind: "exec";
      readonly argv: readonly string[];
      readonly env?: Readonly<Record<string, string>>;
      /** Sent to the program's standard input: the way for a secret, which must never be an argument. */
      readonly stdin?: string | Secret;
    }
  /** All in order until one fails. */
  | { readonly kind: "all"; readonly commands: readonly Command[] }
  /** The second only when the first fails. */
  | { readonly kind: "either"; readonly first: Command; readonly second: Command }
  /** Each one's output is the next one's input. */
  | { readonly kind: "pipe"; readonly commands: readonly Command[] }
  /** A POSIX shell script with its arguments as $1, $2…: the way for anything that needs more than one program. */
  | {
      readonly kind: "script";
      readonly text: string;
      readonly args: readonly string[];
      readonly stdin?: string | Secret;
    };

export function command(program: string, ...args: readonly string[]): Command {
  return { kind: "exec", argv: [program, ...args] };
}

/** A program that is fed `stdin`. */
export function feed(stdin: string | Secret, program: string, ...args: readonly string[]): Command {
  return { kind: "exec", argv: [program, ...args], stdin };
}

export function all(...commands: readonly Command[]): Command {
  return { kind: "all", commands };
}

export function either(first: Command, second: Command): Command {
  return { kind: "either", first, second };
}

export function pipe(...commands: readonly Command[]): Command {
  return { kind: "pipe", commands };
}

export function script(text: string, ...args: readonly string[]): Command {
  return { kind: "script", text, args };
}

/** A file that a node should have. */
export interface NodeFile {
  /** Absolute. */
  readonly path: string;
  readonly content: NodeFileContent;
  /** Permission bits. Default 0o644. */
  readonly mode?: number;
  readonly owner?: string;
  readonly group?: string;
  /** A change of this file restarts its service. */
  readonly restarts?: boolean;
}

/** Text, a secret text, or a local file (by absolute path) that is streamed and skipped when the node's copy is equal. */
export type NodeFileContent = string | Secret | { readonly local: string };

export function file(
  path: string,
  content: NodeFileContent,
  options: Omit<NodeFile, "path" | "content"> = {},
): NodeFile {
  return { path, content, ...options };
}
