import { spawn } from "node:child_process";
import { join } from "node:path";
import { HotsiteError } from "../../core/errors.ts";
import { quote } from "../../remote/quote.ts";
import { pinKnownHost } from "../host-key.ts";
import { openSession } from "../session.ts";
import { nodeNamed } from "../target.ts";
import type { Call, Outcome } from "../verb.ts";

/** Hands the terminal to the system's ssh, with the application's key and the pinned host key. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome> {
  const [name = "", ...words] = call.operands;
  const argv = await sshArguments(call, name, words, signal);
  const code = await runSsh(argv, call.output.json);
  return { text: "", json: { node: name, code }, exitCode: code };
}

async function sshArguments(
  call: Call,
  name: string,
  words: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  await using session = await openSession(call);
  const { machine, hostKey } = await nodeNamed(session.world.nodes, name);
  const pinned = machine.ssh.hostKey ?? hostKey;
  if (pinned === undefined) {
    throw new HotsiteError("no-host-key", `${name}: its host key is not known yet`, {
      hint: "run `hotsite install` first: it pins the key at first contact",
    });
  }
  const knownHosts = join(session.stateFolder, "keys", `known_hosts.${name.replace("/", ".")}`);
  await pinKnownHost(name, machine.ssh, pinned, knownHosts, signal);
  // One word is a line for the remote shell, as with ssh itself; several keep their borders.
  const line = words.length > 1 ? words.map(quote).join(" ") : words[0];
  return [
    ...[
      "-F",
      "none",
      "-i",
      session.world.loginKey.path,
      "-p",
      String(machine.ssh.port),
      "-l",
      machine.ssh.user,
    ],
    ...[
      "-o",
      "IdentitiesOnly=yes",
      "-o",
      "StrictHostKeyChecking=yes",
      "-o",
      `UserKnownHostsFile="${knownHosts}"`,
    ],
    machine.ssh.host,
    ...(line === undefined ? [] : [line]),
  ];
}

function runSsh(argv: readonly string[], json: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn("ssh", argv, { stdio: ["inherit", json ? 2 : "inherit", "inherit"] });
    child.once("error", (cause) =>
      reject(
        new HotsiteError("no-ssh", "the program ssh cannot be started", {
          hint: "install the OpenSSH client",
          cause,
        }),
      ),
    );
    child.once("close", (code) => resolve(code ?? 255));
  });
}
