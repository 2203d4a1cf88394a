import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { HotsiteError } from "./errors.ts";

/** A password manager may ask its server, or the person in front of it for a touch. */
const timeoutMs = 60_000;

/** What each command gave: a password manager is asked once by a process, however many nodes need the answer. */
const answers = new Map<string, Promise<string>>();

/** What a program prints, without a trailing line break. Throws `HotsiteError` "secret-missing" that never repeats what it printed. */
export function secretFromCommand(name: string, argv: readonly string[]): Promise<string> {
  const key = JSON.stringify(argv);
  const known = answers.get(key);
  if (known !== undefined) return known;
  const answer = ask(name, argv);
  answers.set(key, answer);
  answer.catch(() => answers.delete(key));
  return answer;
}

async function ask(name: string, [program = "", ...args]: readonly string[]): Promise<string> {
  const asked = promisify(execFile)(program, args, { timeout: timeoutMs });
  const { stdout } = await asked.catch((cause: unknown) => {
    throw missing(name, program, `${program} ${reason(cause)}`);
  });
  const value = stdout.replace(/\r?\n$/, "");
  if (value === "") throw missing(name, program, `${program} printed nothing`);
  return value;
}

function missing(name: string, program: string, problem: string): HotsiteError {
  return new HotsiteError("secret-missing", `${name}: ${problem}`, {
    hint: `run it by hand to see what it says: ${program} …`,
  });
}

/** Without the program's output and arguments, which may hold what must not be shown. */
function reason(cause: unknown): string {
  const { code, killed } = Object(cause) as { code?: unknown; killed?: unknown };
  if (killed === true) return `gave no answer within ${timeoutMs / 1000} s`;
  if (code === "ENOENT") return "is not a program that can be found";
  return typeof code === "number" ? `failed with exit ${code}` : "could not be run";
}
