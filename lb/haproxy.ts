import { createHash } from "node:crypto";
import { z } from "zod";
import type { Balancer, Member, MemberStats } from "../core/balancer.ts";
import { all, command, script, type Command } from "../core/command.ts";
import { HotsiteError, RetryableError } from "../core/errors.ts";
import { answerWithin } from "../core/answer-within.ts";
import type { CommandResult, RunOptions, Shell } from "../core/shell.ts";
import { waitFor } from "../core/wait.ts";
import {
  BACKEND,
  POOL_COMMENT,
  renderGate,
  renderHaproxyConfig,
  renderPool,
  renderServerState,
  serverName,
  type HaproxyOptions,
} from "./haproxy-config.ts";
import {
  ask,
  awaitGone,
  awaitIdle,
  NOT_AS_WRITTEN,
  POOL_CHANGED,
  reload,
  showPool,
  SOCKET_GONE,
  STILL_BUSY,
  tell,
  write,
} from "./haproxy-scripts.ts";
import { parseStats } from "./haproxy-stats.ts";

const reloadTimeoutMs = 15_000;
/** Idle connections of the previous process last 5 s (`timeout http-keep-alive`); longer ones are requests in progress, which may end in peace. */
const previousTimeoutMs = 8000;
/** Reaching the node takes 20 s, waiting for another writer 30 s, at most; HAProxy itself answers at once. */
const answerMs = 60_000;
/** Another writer may win the race for the pool this often before we give up. */
const attempts = 5;

/** What follows a change of the pool in the same exchange, and how long it may take. */
interface Then {
  readonly commands: readonly Command[];
  readonly ms: number;
}

const nothingMore: Then = { commands: [], ms: 0 };

interface Known {
  readonly members: readonly Member[];
  /** SHA-256 of the pool file. */
  readonly sum: string;
}

/**
 * HAProxy on a node. States go through its Runtime API and to the disk in one exchange; only new or gone members need a reload. A member
 * that drains or is off is in HAProxy's maintenance: it finishes what it has and gets nothing, also not from browsers that stick to it.
 */
export class HaproxyBalancer implements Balancer {
  readonly #shell: Shell;
  readonly #options: HaproxyOptions;
  readonly #reloading: Command;
  #known: Known | undefined;

  constructor(
    shell: Shell,
    options: HaproxyOptions,
    reloading: Command = command("systemctl", "reload", "haproxy"),
  ) {
    this.#shell = shell;
    this.#options = options;
    this.#reloading = reloading;
  }

  async members(signal: AbortSignal): Promise<readonly Member[]> {
    const { members } = await this.#read(signal);
    return members;
  }

  async apply(members: readonly Member[], signal: AbortSignal): Promise<void> {
    refuseDuplicates(members);
    await this.#change(() => members, nothingMore, signal);
  }

  async drain(names: readonly string[], timeoutMs: number, signal: AbortSignal): Promise<void> {
    const draining = ({ members }: Known): readonly Member[] => {
      const unknown = names.filter((name) => !members.some((member) => member.name === name));
      if (unknown.length > 0)
        throw new HotsiteError("no-such-member", `no member ${unknown.join(", ")} in the pool`);
      return members.map((member) => (names.includes(member.name) ? drained(member) : member));
    };
    const idle = awaitIdle(this.#options.paths.socket, names.map(serverName), timeoutMs);
    const { code, stdout } = await this.#change(draining, { commands: [idle], ms: timeoutMs }, signal);
    if (code !== STILL_BUSY) return;
    throw new RetryableError(
      "timeout",
      `${names.join(", ")}: ${stdout.trim()} requests still in progress after ${timeoutMs} ms`,
    );
  }

  async keepSessions(names: readonly string[], signal: AbortSignal): Promise<boolean> {
    if (this.#options.sticky === false) return false;
    const { paths } = this.#options;
    const lines = names.map((name) => `set server ${BACKEND}/${serverName(name)} state drain`);
    await this.#run(tell(paths.socket, inLines(lines)), signal);
    return true;
  }

  async hold(maxWaitMs: number, signal: AbortSignal): Promise<void> {
    // The number makes each closing a new one, so that its time starts again.
    await this.#setGate(`${Math.ceil(maxWaitMs)}-${Date.now()}`, signal);
  }

  async release(signal: AbortSignal): Promise<void> {
    await this.#setGate(0, signal);
  }

  async stats(signal: AbortSignal): Promise<readonly MemberStats[]> {
    const { paths } = this.#options;
    const parts = all(ask(paths.socket, ["show stat"]), command("echo", DIVIDER), this.#showPool());
    const { stdout } = await this.#run(parts, signal);
    const [csv = "", pool = ""] = stdout.split(`${DIVIDER}\n`);
    const servers = parseStats(csv);
    const nothing = { healthy: false, sessions: 0, requests: 0 };
    return parsePool(pool).map(({ name, site, state }) => ({
      name,
      site,
      state,
      ...(servers.get(serverName(name)) ?? nothing),
    }));
  }

  /** Writes the pool that `wish` makes of the present one, and makes HAProxy follow; `then` runs in the same exchange. */
  async #change(
    wish: (known: Known) => readonly Member[],
    then: Then,
    signal: AbortSignal,
  ): Promise<CommandResult> {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const known = this.#known ?? (await this.#read(signal));
      const wished = wish(known);
      // Until this has worked, what we know may be out of date.
      this.#known = undefined;
      const result = sameServers(known.members, wished)
        ? await this.#changeStates(known, wished, then, signal)
        : await this.#changeServers(known, wished, then, signal);
      if (result.code === POOL_CHANGED) continue;
      this.#known = { members: wished, sum: sumOf(renderPool(wished)) };
      return result;
    }
    throw new RetryableError("conflict", `${this.#shell.node}: the pool is being changed by others`);
  }

  async #changeStates(
    known: Known,
    wished: readonly Member[],
    then: Then,
    signal: AbortSignal,
  ): Promise<CommandResult> {
    const lines = inLines(wished.flatMap((member) => stateCommands(member, known.members)));
    const accept = [0, POOL_CHANGED, STILL_BUSY, NOT_AS_WRITTEN];
    const parts = all(this.#write(known, wished, lines), ...then.commands);
    const result = await this.#run(parts, signal, { accept }, then.ms);
    // HAProxy runs with other servers than the pool file says: a configuration was written and not loaded.
    if (result.code !== NOT_AS_WRITTEN) return result;
    return this.#changeServers({ ...known, sum: sumOf(renderPool(wished)) }, wished, then, signal);
  }

  async #changeServers(
    known: Known,
    wished: readonly Member[],
    then: Then,
    signal: AbortSignal,
  ): Promise<CommandResult> {
    const parts = all(this.#write(known, wished, []), reload(this.#options.paths, this.#reloading));
    const result = await this.#run(parts, signal, { accept: [0, POOL_CHANGED] });
    if (result.code === POOL_CHANGED) return result;
    await this.#awaitServers(wished, signal);
    // The previous process still answers on connections that were open, by the previous pool and past the gate.
    const previous = Number(/^Pid: (\d+)$/m.exec(result.stdout)?.[1] ?? 0);
    const last = all(awaitGone(previous, previousTimeoutMs), ...then.commands);
    return this.#run(last, signal, { accept: [0, STILL_BUSY] }, then.ms);
  }

  async #awaitServers(wished: readonly Member[], signal: AbortSignal): Promise<void> {
    const { socket } = this.#options.paths;
    const names = wished.map(({ name }) => serverName(name)).sort();
    const loaded = async (): Promise<true | undefined> => {
      const { stdout } = await this.#run(ask(socket, ["show stat"]), signal, {
        accept: [0, SOCKET_GONE],
      });
      return [...parseStats(stdout).keys()].sort().join() === names.join() || undefined;
    };
    const what = `the balancer on ${this.#shell.node} to take its new members`;
    await waitFor(loaded, { timeoutMs: reloadTimeoutMs, intervalMs: 50, what }, signal);
  }

  #write(known: Known, wished: readonly Member[], lines: readonly string[]): Command {
    const { paths } = this.#options;
    const files = [
      { path: paths.serverState, text: renderServerState(this.#options, wished) },
      { path: paths.config, text: renderHaproxyConfig(this.#options, wished) },
      // Last: once it is there, the others are.
      { path: paths.pool, text: renderPool(wished) },
    ];
    return write({ pool: { path: paths.pool, sum: known.sum }, files, socket: paths.socket, lines });
  }

  /** Every exchange with the node; draining, which may take long, says how long. */
  #run(command: Command, signal: AbortSignal, options: RunOptions = {}, ms = 0): Promise<CommandResult> {
    const patience = { ms: answerMs + ms, who: `${this.#shell.node}: HAProxy`, hint: "hotsite logs edge" };
    return answerWithin(patience, (inner) => this.#shell.run(command, inner, options), signal);
  }

  async #read(signal: AbortSignal): Promise<Known> {
    const { stdout } = await this.#run(this.#showPool(), signal);
    const known = { members: parsePool(stdout), sum: stdout.slice(0, 64) };
    this.#known = known;
    return known;
  }

  #showPool(): Command {
    const { pool, config } = this.#options.paths;
    return showPool(pool, config, POOL_COMMENT);
  }

  async #setGate(value: string | 0, signal: AbortSignal): Promise<void> {
    const { gate, socket } = this.#options.paths;
    const keep = script('printf %s "$2" >"$1.new" && mv -fT -- "$1.new" "$1"', gate, renderGate(value));
    await this.#run(all(tell(socket, [`set map ${gate} shut ${value}`]), keep), signal);
  }
}

const DIVIDER = "--hotsite--";
/** HAProxy cuts a line of commands at its buffer size, 16 kB. */
const mostCharactersPerLine = 8000;

const poolSchema = z.array(
  z.strictObject({
    ...{ name: z.string(), site: z.string(), host: z.string(), port: z.number() },
    state: z.enum(["ready", "drain", "off"]),
  }),
);

/** What `showPool` printed: a checksum, and the pool if there is any. */
function parsePool(text: string): readonly Member[] {
  const pool = text.slice(text.indexOf("\n") + 1).trim();
  return pool.startsWith("[") ? poolSchema.parse(JSON.parse(pool)) : [];
}

function drained(member: Member): Member {
  return member.state === "ready" ? { ...member, state: "drain" } : member;
}

function stateCommands(member: Member, before: readonly Member[]): readonly string[] {
  const server = `set server app/${serverName(member.name)}`;
  if (member.state !== "ready") return [`${server} state maint`];
  const was = before.find(({ name }) => name === member.name)?.state;
  // A member that is let in works, by the word of who lets it in: no need to wait for the first check.
  return was === "ready" ? [`${server} state ready`] : [`${server} state ready`, `${server} health up`];
}

function inLines(commands: readonly string[]): readonly string[] {
  const lines: string[] = [];
  for (const one of commands) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + one.length < mostCharactersPerLine)
      lines[lines.length - 1] = `${last};${one}`;
    else lines.push(one);
  }
  return lines;
}

function sameServers(before: readonly Member[], after: readonly Member[]): boolean {
  const shape = (members: readonly Member[]): string =>
    members
      .map(({ name, host, port }) => `${name} ${host} ${port}`)
      .sort()
      .join("\n");
  return shape(before) === shape(after);
}

function refuseDuplicates(members: readonly Member[]): void {
  const names = members.map(({ name }) => serverName(name));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new HotsiteError("duplicate-member", `two members of the pool are called ${twice}`);
}

function sumOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
