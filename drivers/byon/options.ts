import { z } from "zod";
import { givenSecret } from "../../core/given-secret.ts";

const word = z.string().min(1);
const port = z.int().min(1).max(65_535);

const login = {
  user: word.optional().describe("who logs in; default: root"),
  port: port.optional().describe("of the SSH server; default: 22"),
  key: word.optional().describe("the file of a private key; relative paths start at the config"),
  passphrase: givenSecret.optional().describe("of an encrypted key"),
  agent: z
    .union([z.boolean(), word])
    .optional()
    .describe(
      "use the SSH agent, or the one at this socket; default: when there is neither key nor password",
    ),
  password: givenSecret.optional().describe("to log in with, when no key is accepted"),
};

const sudo = z
  .union([
    z.boolean(),
    z.strictObject({ password: givenSecret.describe("secret.env(…), secret.file(…) or secret.command(…)") }),
  ])
  .optional()
  .describe("become root with sudo, with a password if it asks; default: unless the user is root");

const argv = z.array(word).min(1);
const power = z
  .strictObject({
    off: argv.describe("a command on this computer that cuts the host's power; {host} is the host"),
    on: argv.describe("a command that gives it power"),
    state: argv
      .optional()
      .describe(
        "a command that prints `on` or `off`; with it, a host that was powered off is fenced for certain",
      ),
  })
  .optional();

const host = z.strictObject({
  host: word.describe("a name, an address or a pattern"),
  ...login,
  sudo,
  labels: z.array(word).optional().describe("what the host is good for"),
  power,
});

/** The hosts and how to get in. */
export const poolSchema = z.strictObject({
  hosts: z
    .union([word, z.array(z.union([word, host])).min(1)])
    .describe("patterns such as 10.0.0.[11-16], or hosts with settings of their own"),
  ...login,
  sudo,
  jump: z
    .strictObject({ host: word, ...login })
    .optional()
    .describe("the host through which all others are reached"),
  power,
  minFreeMb: z.int().min(0).optional().describe("free space that / must have, in MiB; default: 2048"),
  untestedSystems: z.boolean().optional().describe("also take hosts that do not run Debian 12 or 13"),
});

/** What a site, or a service in `machine`, wants of its hosts. */
export const templateSchema = z.strictObject({
  labels: z.array(word).optional().describe("labels that a host must have"),
});

export type PoolOptions = z.infer<typeof poolSchema>;
export type HostOptions = z.infer<typeof host>;
export type PowerCommands = NonNullable<z.infer<typeof power>>;
export type ByonTemplate = z.infer<typeof templateSchema>;
export type LoginOptions = Pick<HostOptions, keyof typeof login>;
