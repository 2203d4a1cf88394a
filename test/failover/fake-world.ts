import { afterAll } from "@jest/globals";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Application } from "../../core/application.ts";
import type { Balancer, Member } from "../../core/balancer.ts";
import { HotsiteError, RetryableError, StaleEpochError } from "../../core/errors.ts";
import { silentLogger } from "../../core/logger.ts";
import type { Authority, DatabaseControl, LinkControl, LinkOrder, Witness } from "../../core/protection.ts";
import { freshFacts, type Facts } from "../../lifecycle/facts.ts";
import { orderFor } from "../../failover/order.ts";
import type {
  Ledger,
  LedgerEntry,
  PowerState,
  Probe,
  ProtectionWorld,
  WebTier,
} from "../../failover/world.ts";
import { memoryStore } from "./memory-store.ts";
import { virtualClock } from "./virtual-clock.ts";

interface Transaction {
  readonly domain: number;
  readonly sequence: number;
  readonly ledger?: LedgerEntry;
}

/** One site: its machines, its database's history, its gateway and its web tier. */
interface FakeSite {
  readonly domain: number;
  power: PowerState;
  writable: boolean;
  epoch: number;
  history: Transaction[];
  link: { order: LinkOrder; state: "streaming" | "stopped" } | null;
  /** What the link has applied of its stream. */
  applied: { stream: string; sequence: number } | null;
  web: boolean;
}

export interface FakeOptions {
  readonly standby?: "hot" | "warm";
  /** How many of the source's latest transactions have not reached the standby. */
  readonly inFlight?: number;
  /** A web tier that does not start while its database is read-only. */
  readonly needsWritable?: boolean;
  /** Its config tells that it needs a writable one. */
  readonly saysSo?: boolean;
}

const signal = new AbortController().signal;

/** Reports of all worlds of a test file; they go when it is done. */
const reports = mkdtempSync(join(tmpdir(), "hotsite-drills-"));
let worlds = 0;
afterAll(() => rmSync(reports, { recursive: true }));

/** Two sites, east and west, as state that can be looked at: no machine, but the rules that the real ones obey. */
export class FakeWorld implements ProtectionWorld {
  readonly application: Application;
  readonly store = memoryStore();
  readonly logger = silentLogger;
  readonly endpoint = new URL("http://edge:8080/health");
  readonly reportsFolder = join(reports, String((worlds += 1)));
  readonly sites: Record<string, FakeSite>;
  authority: Authority = { epoch: 1, writer: "east" };
  pool: readonly Member[] = [];
  held = false;
  witnessAnswers = true;
  /** Sites whose cloud does not answer, and those where it does not confirm a power-off. */
  readonly driverDown = new Set<string>();
  readonly staysOn = new Set<string>();
  /** What cannot be reached from a place: `edge>east`. */
  readonly cuts = new Set<string>();
  inFlight: number;
  /** How often a web tier was started where it cannot run. */
  failedStarts = 0;
  private readonly options: FakeOptions;

  constructor(options: FakeOptions = {}) {
    this.options = options;
    this.inFlight = options.inFlight ?? 0;
    this.application = fakeApplication(options.standby ?? "hot");
    this.sites = { east: freshSite(1, true), west: freshSite(2, options.standby !== "warm") };
  }

  /** Protected: east is the primary, west follows it and has everything. */
  static async protected(options: FakeOptions = {}): Promise<FakeWorld> {
    const world = new FakeWorld(options);
    const order = orderFor(world, { epoch: 1, from: "east", to: "west", start: "", begin: "copy" });
    const [east, west] = [world.site("east"), world.site("west")];
    Object.assign(east, { writable: true, epoch: 1 });
    for (let sequence = 1; sequence <= 10; sequence += 1) east.history.push({ domain: 1, sequence });
    west.link = { order, state: "streaming" };
    world.pump("west");
    world.pool = await world.defaultPool();
    await world.putFacts({ ...freshFacts("east", "west"), epoch: 1, link: order, copied: true });
    return world;
  }

  readonly clock = virtualClock();

  readonly witness: Witness = {
    authority: async () => {
      this.needWitness();
      return this.authority;
    },
    grant: async (next, expected) => {
      this.needWitness();
      if (same(this.authority, next)) return;
      if (!same(this.authority, expected))
        throw new StaleEpochError(`the witness is at ${JSON.stringify(this.authority)}`);
      this.authority = { ...next };
      // The role agent gives the right to write; taking it needs more than an agent that may be dead.
      const site = next.writer === null ? undefined : this.site(next.writer);
      if (site?.power === "on") site.writable = true;
    },
  };

  readonly balancer: Balancer = {
    members: async () => this.pool,
    apply: async (members) => void (this.pool = [...members]),
    drain: async (names) => {
      this.pool = this.pool.map((one) =>
        names.includes(one.name) ? { ...one, state: "drain" as const } : one,
      );
    },
    hold: async () => void (this.held = true),
    release: async () => void (this.held = false),
    stats: async () =>
      this.pool.map(({ name, site, state }) => ({
        name,
        site,
        state,
        healthy: this.serves(site),
        sessions: 0,
        requests: 0,
      })),
  };

  site(name: string): FakeSite {
    const site = this.sites[name];
    if (site === undefined) throw new Error(`no site ${name}`);
    return site;
  }

  database(name: string): DatabaseControl {
    const database = () => this.alive(name);
    return {
      site: name,
      state: async () => ({
        writable: database().writable,
        position: positionOf(database()),
        domain: database().domain,
      }),
      freeze: async () => {
        database().writable = false;
        return positionOf(database());
      },
      promote: async (epoch) => {
        const site = database();
        if (epoch < site.epoch) throw new StaleEpochError(`${name} has seen epoch ${site.epoch}`);
        Object.assign(site, { epoch, writable: true });
        return positionOf(site);
      },
      checkpoint: async () => {
        const { applied } = database();
        if (applied === null) return undefined;
        const epoch = Number(applied.stream.split("/").at(-1));
        const source =
          Object.values(this.sites).find((site) => site.domain !== database().domain)?.domain ?? 0;
        return { ...applied, epoch, position: gtid(source, applied.sequence) };
      },
    };
  }

  link(name: string): LinkControl {
    const gateway = () => this.alive(name);
    return {
      site: name,
      status: async () => {
        const { link } = gateway();
        if (link === null) return undefined;
        this.pump(name);
        const { stream, epoch, from } = link.order;
        const received = gtid(this.site(from).domain, gateway().applied?.sequence ?? 0);
        return { stream, epoch, state: link.state, lagSeconds: 0.2, received, applied: received };
      },
      start: async (order) => {
        const site = gateway();
        if (order.epoch < site.epoch) throw new StaleEpochError(`${name} has seen epoch ${site.epoch}`);
        // A gateway goes on where its log ends: the same stream is never copied twice.
        const resumes = site.link?.order.stream === order.stream && site.applied?.stream === order.stream;
        if (order.begin === "copy" && !resumes) {
          site.writable = false;
          site.history = [...this.alive(order.from).history];
        }
        site.link = { order, state: "streaming" };
        this.pump(name);
      },
      drain: async () => {
        const site = gateway();
        if (site.link === null) throw new HotsiteError("no-link", `${name} follows nobody`);
        site.link.state = "stopped";
        return positionOf(site);
      },
      reach: async (position) => {
        this.pump(name);
        const wanted = Number(position.split("-").at(-1));
        if ((gateway().applied?.sequence ?? 0) < wanted)
          throw new RetryableError("timeout", `${name} does not reach ${position}`);
      },
      stop: async () => {
        const { link } = gateway();
        if (link !== null) link.state = "stopped";
      },
    };
  }

  power(name: string) {
    const driver = () => {
      if (this.driverDown.has(name))
        throw new RetryableError("unreachable", `the cloud of ${name} does not answer`);
      return this.site(name);
    };
    return {
      state: async () => driver().power,
      off: async () => {
        if (this.staysOn.has(name)) throw new RetryableError("timeout", `${name} is still running`);
        Object.assign(driver(), { power: "off", writable: false });
      },
      on: async () => {
        const site = driver();
        if (site.power === "on") return;
        // The role agent makes the database writable when the witness says so.
        Object.assign(site, { power: "on", writable: this.authority.writer === name });
      },
    };
  }

  web(name: string): WebTier {
    const site = () => this.alive(name);
    const starts = (): boolean => site().writable || this.options.needsWritable !== true;
    return {
      startsReadOnly: this.options.saysSo !== true,
      start: async () => {
        site().web = true;
        if (starts()) return;
        this.failedStarts += 1;
        throw new HotsiteError("not-ready", `the web tier of ${name} does not start`);
      },
      stop: async () => void (site().web = false),
      running: async () => site().web,
      ready: async () => {
        if (!site().web || !starts())
          throw new RetryableError("timeout", `the web tier of ${name} does not answer`);
      },
      members: async () =>
        [1, 2].map((n) => ({
          name: `${name}/web-${n}`,
          site: name,
          host: `10.0.${this.site(name).domain}.${n}`,
          port: 8443,
        })),
    };
  }

  async ask() {
    const ok =
      !this.held &&
      this.pool.some(({ site, state }) => state === "ready" && this.serves(site) && this.site(site).writable);
    return { ok, outcome: ok ? "200" : "503" };
  }

  async probe(observer: string, name: string): Promise<Probe> {
    const other = observer === "edge" ? "west" : "edge";
    const site = !this.cuts.has(`${observer}>${name}`) && this.site(name).power === "on";
    return { control: !this.cuts.has(`${observer}>${other}`), database: site ? "answers" : "silent", site };
  }

  async ledger(name: string): Promise<Ledger> {
    this.alive(name);
    return {
      append: async (entry) => {
        if (!this.alive(name).writable) throw new RetryableError("read-only", `${name} is read-only`);
        this.commit(name, entry);
      },
      entries: async (drill) =>
        this.alive(name).history.flatMap(({ ledger }) => (ledger?.drill === drill ? [ledger] : [])),
      [Symbol.asyncDispose]: async () => undefined,
    };
  }

  async lostTransactions(name: string, after: string, upTo: string) {
    const [low, high] = [after, upTo].map((text) => Number(text.split("-").at(-1)));
    return this.alive(name)
      .history.filter(
        ({ domain, sequence }) => domain === this.site(name).domain && sequence > low! && sequence <= high!,
      )
      .map(({ domain, sequence, ledger }) => ({
        gtid: gtid(domain, sequence),
        committedMs: ledger?.writtenMs ?? 0,
        tables: [ledger === undefined ? "hotsite.heartbeat" : "hotsite.ledger"],
        ledgerIds: ledger === undefined ? [] : [ledger.id],
        changes: [`insert ${String(ledger?.id ?? "heartbeat")}`],
        internal: ledger === undefined,
      }));
  }

  async verify(source: string, target: string) {
    this.inFlight = 0;
    this.pump(target);
    const [left, right] = [this.alive(source).history.length, this.alive(target).history.length];
    return [
      {
        table: "petclinic.visits",
        sourceRows: left,
        targetRows: right,
        differing: Math.abs(left - right),
        keys: [],
      },
    ];
  }

  /** One transaction at a site. */
  commit(name: string, ledger?: LedgerEntry): void {
    const site = this.site(name);
    site.history.push({
      domain: site.domain,
      sequence: lastOf(site, site.domain) + 1,
      ...(ledger && { ledger }),
    });
    for (const other of Object.keys(this.sites)) this.pump(other);
  }

  /** Lets a running link carry what it may. */
  pump(name: string): void {
    const target = this.site(name);
    if (target.link === null || target.link.state === "stopped" || target.power !== "on") return;
    const { order } = target.link;
    const source = this.site(order.from);
    const end = lastOf(source, source.domain);
    const upTo =
      source.power === "on" && source.writable
        ? end - this.inFlight
        : source.power === "on"
          ? end
          : lastOf(target, source.domain);
    const known = lastOf(target, source.domain);
    target.history.push(
      ...source.history.filter(
        ({ domain, sequence }) => domain === source.domain && sequence > known && sequence <= upTo,
      ),
    );
    target.applied = { stream: order.stream, sequence: lastOf(target, source.domain) };
  }

  /** Everything that people and machines could notice, but for the time of day. */
  snapshot(): unknown {
    const { sites, authority, pool, held } = this;
    const facts = this.store.value(`protection/${this.application.name}`) as Facts | undefined;
    const failover = facts?.failover == null ? null : { ...facts.failover, atMs: 0 };
    return structuredClone({ sites, authority, pool, held, facts: facts && { ...facts, failover } });
  }

  async facts(): Promise<Facts> {
    return (await this.store.get(`protection/${this.application.name}`))?.value as Facts;
  }

  async putFacts(facts: Facts): Promise<void> {
    await this.store.put(`protection/${this.application.name}`, facts);
  }

  async defaultPool(): Promise<readonly Member[]> {
    const [east, west] = await Promise.all([this.web("east").members(), this.web("west").members()]);
    return [
      ...east.map((one) => ({ ...one, state: "ready" as const })),
      ...west.map((one) => ({ ...one, state: "off" as const })),
    ];
  }

  private serves(name: string): boolean {
    return this.site(name).power === "on" && this.site(name).web;
  }

  private alive(name: string): FakeSite {
    const site = this.site(name);
    if (site.power !== "on") throw new RetryableError("unreachable", `${name} does not answer`);
    return site;
  }

  private needWitness(): void {
    if (!this.witnessAnswers) throw new RetryableError("unreachable", "the witness does not answer");
  }
}

/** A signal for calls that nothing cancels. */
export const forever = signal;

function freshSite(domain: number, web: boolean): FakeSite {
  return { domain, power: "on", writable: false, epoch: 0, history: [], link: null, applied: null, web };
}

function fakeApplication(standby: "hot" | "warm"): Application {
  const site = (name: string, role: "primary" | "standby") => ({ name, role, standby });
  const shape = {
    name: "petclinic",
    sites: [site("east", "primary"), site("west", "standby")],
    services: [],
    replication: { of: { name: "db" }, through: "embedded" },
    protection: { maxLossTransactions: 5, maxOutageSeconds: 60 },
  };
  // Clouds and recipes are no business of failover: the fake leaves them out.
  return shape as unknown as Application;
}

function lastOf(site: FakeSite, domain: number): number {
  return Math.max(0, ...site.history.filter((one) => one.domain === domain).map(({ sequence }) => sequence));
}

function positionOf(site: FakeSite): string {
  return [1, 2]
    .map((domain) => [domain, lastOf(site, domain)] as const)
    .filter(([, last]) => last > 0)
    .map(([domain, last]) => gtid(domain, last))
    .join(",");
}

function gtid(domain: number, sequence: number): string {
  return sequence === 0 ? "" : `${domain}-${100 + domain}-${sequence}`;
}

function same(a: Authority, b: Authority): boolean {
  return a.epoch === b.epoch && a.writer === b.writer;
}
