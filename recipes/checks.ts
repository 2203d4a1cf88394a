import { command, script, type Command } from "../core/command.ts";
import type { Check } from "../core/recipe.ts";

interface CheckOptions {
  readonly timeoutMs?: number;
  readonly hopeless?: Command;
  readonly explain?: Command;
}

interface HttpOptions extends CheckOptions {
  /** Of a good answer; by default all from 200 to 399. */
  readonly statuses?: readonly number[] | undefined;
}

/** Long enough for a Java application that starts on a small machine beside others. */
const TIMEOUT_MS = 120_000;

/** Answered when `url` gives a good status. */
export function httpOk(url: string, { statuses, ...options }: HttpOptions = {}): Check {
  return check(httpAnswers(url, statuses), options);
}

/** Answered when something listens on this TCP port of the node. */
export function tcpOpen(port: number, options: CheckOptions = {}): Check {
  return check(command("timeout", "2", "bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/${port}`), options);
}

/** Answered when the command succeeds. */
export function check(question: Command, options: CheckOptions = {}): Check {
  return { timeoutMs: TIMEOUT_MS, ...options, command: question };
}

/** Fails and prints the status unless `url` gives one of these, or without them one from 200 to 399. */
export function httpAnswers(url: string, statuses: readonly number[] = []): Command {
  return script(HTTP_ANSWERS, url, statuses.join(" "));
}

const HTTP_ANSWERS = `
status=$(curl -sS -o /dev/null -w '%{http_code}' --max-time 5 "$1") || exit 1
if [ -z "$2" ]; then case $status in 2??|3??) exit 0 ;; esac; fi
case " $2 " in *" $status "*) ;; *) echo "HTTP $status from $1" >&2; exit 1 ;; esac
`;
