import type { Balancer, Member, MemberStats } from "../core/balancer.ts";
import { script, type Command } from "../core/command.ts";
import { HotsiteError, RetryableError } from "../core/errors.ts";
import type { Shell } from "../core/shell.ts";
import {
  BACKEND,
  gateMap,
  memberName,
  renderHaproxyConfig,
  serverName,
  sorted,
  type HaproxyOptions,
} from "./haproxy-config.ts";
import { APPLY, DRAIN, HOLD, RUN } from "./runtime-script.ts";
import { parseServers, parseStats } from "./runtime-answers.ts";

/** HAProxy on the edge node, steered through its Runtime API; each call is one exchange. Its configuration file holds the same truth, so that a restart keeps it. */
export class HaproxyBalancer implements Balancer {
  readonly #shell: Shell;
  readonly #options: HaproxyOptions;
  readonly #reload: string;

  /** `reload` replaces the running process without losing a connection. */
  constructor(shell: Shell, options: HaproxyOptions, reload = "systemctl reload haproxy") {
    this.#shell = shell;
    this.#options = options;
    this.#reload = reload;
  }

  async members(signal: AbortSignal): Promise<readonly Member[]> {
    return parseServers(await this.#ask(`show servers state ${BACKEND}`, signal)).map(
      ({ server, ...member }) => ({
        ...member,
        name: memberName(server),
        site: siteOf(server),
      }),
    );
  }

  async apply(members: readonly Member[], signal: AbortSignal): Promise<void> {
    const { paths } = this.#options;
    const wanted = sorted(members).map(({ name, host, port }) => `${serverName(name)}=${host}:${port}`);
    const config = renderHaproxyConfig(this.#options, members);
    await this.#run(
      APPLY,
      [paths.socket, paths.config, wanted.join("\n"), members.map(stateCommands).join(";"), this.#reload],
      signal,
      {
        stdin: config,
      },
    );
  }

  async drain(names: readonly string[], timeoutMs: number, signal: AbortSignal): Promise<void> {
    const servers = names.map(serverName);
    const begin = servers.map((server) => `set server ${BACKEND}/${server} state drain`).join(";");
    const { code, stderr } = await this.#run(
      DRAIN,
      [this.#options.paths.socket, begin, `${timeoutMs}`, ...servers],
      signal,
      { accept: [0, 3] },
    );
    if (code !== 3) return;
    throw new RetryableError(
      "timeout",
      `${names.join(", ")} still had ${stderr.trim()} after ${timeoutMs / 1000} s`,
      {
        hint: "wait for long requests to end, or allow a longer drain",
      },
    );
  }

  async hold(maxWaitMs: number, signal: AbortSignal): Promise<void> {
    await this.#run(HOLD, [this.#options.paths.socket, this.#gate(), `${maxWaitMs}`], signal);
  }

  async release(signal: AbortSignal): Promise<void> {
    await this.#ask(`${this.#gate()} 0`, signal);
  }

  async stats(signal: AbortSignal): Promise<readonly MemberStats[]> {
    return parseStats(await this.#ask(`show stat ${BACKEND} 4 -1`, signal)).map(({ server, ...stats }) => ({
      ...stats,
      name: memberName(server),
      site: siteOf(server),
    }));
  }

  #gate(): string {
    return `set map ${gateMap(this.#options.paths.folder)} till`;
  }

  async #ask(commands: string, signal: AbortSignal): Promise<string> {
    return (await this.#run(RUN, [this.#options.paths.socket, commands], signal)).stdout;
  }

  async #run(
    text: string,
    args: readonly string[],
    signal: AbortSignal,
    { stdin, accept }: { stdin?: string; accept?: readonly number[] } = {},
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const command: Command = { ...script(text, ...args), ...(stdin === undefined ? {} : { stdin }) };
    return this.#shell.run(command, signal, accept === undefined ? {} : { accept });
  }
}

/** A server that becomes ready is taken for healthy at once: its first check would cost half a second, and a wrong guess is found by the next. */
function stateCommands({ name, state }: Member): string {
  const server = `${BACKEND}/${serverName(name)}`;
  switch (state) {
    case "ready":
      return `set server ${server} state ready;set server ${server} health up`;
    case "drain":
      return `set server ${server} state drain`;
    case "off":
      return `set server ${server} state maint`;
  }
}

function siteOf(server: string): string {
  const [site] = server.split(".");
  if (site === undefined) throw new HotsiteError("balancer-answer", `not a member's name: ${server}`);
  return site;
}
