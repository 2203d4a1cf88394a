import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, unlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { inspect } from "node:util";
import { HotsiteError, messageOf } from "./errors.ts";
import { secretFromCommand } from "./secret-command.ts";

/** A value that never prints: only `reveal` gives it away. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [inspect.custom](): string {
    return "[secret]";
  }
}

/** Where a secret comes from, as written in a config. */
export type SecretSource =
  | { readonly kind: "env"; readonly variable: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "command"; readonly argv: readonly string[] }
  | { readonly kind: "generated"; readonly length: number };

/** The ways to name a secret in `hotsite.config.ts`. */
export const secret = {
  /** The value of an environment variable of the `hotsite` process. */
  env: (variable: string): SecretSource => ({ kind: "env", variable }),
  /** The content of a file, without a trailing line break. */
  file: (path: string): SecretSource => ({ kind: "file", path }),
  /** What a program prints, such as a password manager's; run without a shell, once in each run of `hotsite`. */
  command: (program: string, ...args: readonly string[]): SecretSource => ({
    kind: "command",
    argv: [program, ...args],
  }),
  /** Made once at random, then kept in the state folder, readable by its owner only. `length` is in characters. */
  generated: (length = 24): SecretSource => ({ kind: "generated", length }),
};

/** The same source; a relative path of a file starts at the config's folder, wherever the command is run. */
export function besideConfig(source: SecretSource, configFolder: string): SecretSource {
  if (source.kind !== "file" || isAbsolute(source.path) || source.path.startsWith("~/")) return source;
  return { kind: "file", path: join(configFolder, source.path) };
}

/**
 * The value behind a source. A generated one is made at its first use and kept under `folder` as a file of mode 0600.
 * Two processes that make the same secret at once get the same value.
 */
export async function resolveSecret(source: SecretSource, name: string, folder: string): Promise<Secret> {
  switch (source.kind) {
    case "env": {
      const value = process.env[source.variable];
      if (value === undefined || value === "") {
        throw new HotsiteError(
          "secret-missing",
          `${name}: the environment variable ${source.variable} is not set`,
          {
            hint: `export ${source.variable}=… and run the command again`,
          },
        );
      }
      return new Secret(value);
    }
    case "file":
      return new Secret(await readSecretFile(name, resolve(source.path.replace(/^~(?=\/)/, homedir()))));
    case "command":
      return new Secret(await secretFromCommand(name, source.argv));
    case "generated":
      return keptSecret(join(folder, name.replaceAll("/", ".")), () => randomText(source.length));
  }
}

/** The secret kept in `path`; made by `make` and written with mode 0600 when there is none. */
export async function keptSecret(path: string, make: () => string | Promise<string>): Promise<Secret> {
  const kept = await readFile(path, "utf8").catch(absent);
  if (kept !== undefined) return new Secret(kept);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const value = await make();
  // Written elsewhere first: a crash leaves no half a secret, and of two racing processes the second finds what the first one linked.
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  await writeFile(draft, value, { mode: 0o600, flush: true });
  try {
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await unlink(draft);
  }
  return new Secret(await readFile(path, "utf8"));
}

async function readSecretFile(name: string, path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new HotsiteError("secret-missing", `${name}: cannot read ${path}: ${messageOf(cause)}`, {
      cause,
      hint: "check the path and its permissions",
    });
  });
  return text.replace(/\r?\n$/, "");
}

function randomText(length: number): string {
  const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
  // 256 is not a multiple of the alphabet: bytes past its last multiple are thrown away, so that each letter is as likely.
  const fair = 256 - (256 % alphabet.length);
  let text = "";
  while (text.length < length) {
    for (const byte of randomBytes(length))
      if (byte < fair && text.length < length) text += alphabet.charAt(byte % alphabet.length);
  }
  return text;
}

function absent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
  throw error;
}
