import type { AuthenticationType, AuthHandlerMiddleware, Client, ConnectConfig } from "ssh2";
import { CredentialError, RetryableError } from "../core/errors.ts";
import type { Endpoint } from "../core/driver.ts";
import type { SshLogin } from "../core/ssh.ts";
import { hangUpWords, refusalWords, type Refusal } from "./refusal.ts";

/** A server refused everything that the login had to offer. */
export class LoginRefusedError extends CredentialError {
  readonly refusal: Refusal;

  constructor(message: string, { refusal, hint, cause }: { refusal: Refusal; hint: string; cause: unknown }) {
    super(message, { hint, cause, details: { ...refusal } });
    this.refusal = refusal;
  }
}

/** What ssh2 needs to know of a login. */
export function credentialsOf({ user, privateKey, passphrase, agent, password }: SshLogin): ConnectConfig {
  return {
    username: user,
    tryKeyboard: password !== undefined,
    ...(privateKey === undefined ? {} : { privateKey: privateKey.reveal() }),
    ...(passphrase === undefined ? {} : { passphrase: passphrase.reveal() }),
    ...(agent === undefined ? {} : { agent }),
    ...(password === undefined ? {} : { password: password.reveal() }),
  };
}

/** The ways to log in, one after the other: keys first, since a wrong password may lock an account. */
export class LoginAttempts {
  readonly #login: SshLogin;
  readonly #waiting: AuthenticationType[];
  readonly #tried: AuthenticationType[] = [];
  #allowed: readonly string[] = [];
  #said = "";

  constructor(login: SshLogin) {
    const { privateKey, agent, password } = login;
    this.#login = login;
    this.#waiting = [
      ...(privateKey === undefined ? [] : ["publickey" as const]),
      ...(agent === undefined ? [] : ["agent" as const]),
      ...(password === undefined ? [] : (["password", "keyboard-interactive"] as const)),
    ];
  }

  /** Answers what the server asks, and hears what it says. */
  listen(client: Client, fail: (error: Error) => void): void {
    const { password, user } = this.#login;
    client.on("keyboard-interactive", (_name, _instructions, _language, prompts, finish) =>
      finish(prompts.map(() => password?.reveal() ?? "")),
    );
    client.on("banner", (text) => (this.#said += text));
    client.on("change password", () => {
      const hint = `log in by hand once and give ${user} a new password, or as root there: chage -M -1 ${user}`;
      fail(new CredentialError(`the password of ${user} has expired`, { hint }));
    });
  }

  /** ssh2 asks for the next way after each refusal, and is told `false` when there is none. */
  readonly next: AuthHandlerMiddleware = (allowed, _partial, answer) => {
    // Nothing is known before the first attempt.
    if (Array.isArray(allowed)) this.#allowed = allowed;
    const way = this.#take();
    if (way !== undefined) this.#tried.push(way);
    (answer as (way: AuthenticationType | false) => void)(way ?? false);
  };

  /** The error when nothing was accepted. */
  refused(who: string, { host }: Endpoint, cause: unknown): LoginRefusedError {
    const tried = [...new Set(this.#tried.map(methodOf))];
    const refusal = { tried, allowed: this.#allowed, said: this.#said.trim() };
    const { problem, remedy } = refusalWords({ host, user: this.#login.user }, refusal);
    return new LoginRefusedError(`${who}: ${problem}`, { refusal, hint: remedy, cause });
  }

  /** The error when the server hung up once we had begun to log in; undefined when it did so before. */
  cutOff(who: string, { host }: Endpoint, cause: unknown): RetryableError | undefined {
    if (this.#tried.length === 0) return undefined;
    const { problem, remedy } = hangUpWords({ host, user: this.#login.user }, this.#said);
    return new RetryableError("unreachable", `${who}: ${problem}`, { hint: remedy, cause });
  }

  #take(): AuthenticationType | undefined {
    const way = this.#waiting.shift();
    if (way !== "keyboard-interactive") return way;
    // The same password again: it was wrong, and another failure counts against the account.
    const repeats = this.#allowed.includes("password") && this.#tried.includes("password");
    return repeats ? this.#take() : way;
  }
}

/** An agent is a way to have keys, not a way to log in. */
function methodOf(way: AuthenticationType): string {
  return way === "agent" ? "publickey" : way;
}
