import { afterAll } from "@jest/globals";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Application } from "../../core/application.ts";
import type { Balancer, Member } from "../../core/balancer.ts";
import { RetryableError, StaleEpochError } from "../../core/errors.ts";
import { silentLogger } from "../../core/logger.ts";
import type { Authority, DatabaseControl, LinkControl, Witness } from "../../core/protection.ts";
import { freshFacts, type Facts } from "../../lifecycle/facts.ts";
import { orderFor } from "../../failover/order.ts";
import type { LostRange, Ledger, Probe, ProtectionWorld, SitePower, WebTier } from "../../failover/world.ts";
import { compareSites, fakeDatabase, fakeLedger, fakeLink, lostAt } from "./fake-data.ts";
import { fakePower, fakeWeb } from "./fake-machines.ts";
import { FakeSites } from "./fake-sites.ts";
import { memoryStore } from "./memory-store.ts";
import { virtualClock } from "./virtual-clock.ts";

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
export class FakeWorld extends FakeSites implements ProtectionWorld {
  readonly application: Application;
  readonly store = memoryStore();
  readonly logger = silentLogger;
  readonly endpoint = new URL("http://edge:8080/health");
  readonly reportsFolder = join(reports, String((worlds += 1)));
  pool: readonly Member[] = [];
  held = false;
  witnessAnswers = true;
  /** What cannot be reached from a place: `edge>east`. */
  readonly cuts = new Set<string>();
  /** How often a web tier was started where it cannot run. */
  failedStarts = 0;
  private readonly options: FakeOptions;

  constructor(options: FakeOptions = {}) {
    super(options.inFlight ?? 0, options.standby !== "warm");
    this.options = options;
    this.application = fakeApplication(options.standby ?? "hot");
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
    keepSessions: async () => false,
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

  database(name: string): DatabaseControl {
    return fakeDatabase(this, name);
  }

  link(name: string): LinkControl {
    return fakeLink(this, name);
  }

  power(name: string): SitePower {
    return fakePower(this, name);
  }

  web(name: string): WebTier {
    const onFailedStart = (): void => void (this.failedStarts += 1);
    return fakeWeb(this, name, { ...this.options, onFailedStart });
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

  ledger(name: string): Promise<Ledger> {
    return fakeLedger(this, name);
  }

  lostTransactions(name: string, range: LostRange) {
    return lostAt(this, name, range);
  }

  verify(source: string, target: string) {
    return compareSites(this, source, target);
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

  private needWitness(): void {
    if (!this.witnessAnswers) throw new RetryableError("unreachable", "the witness does not answer");
  }
}

/** A signal for calls that nothing cancels. */
export const forever = signal;

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

function same(a: Authority, b: Authority): boolean {
  return a.epoch === b.epoch && a.writer === b.writer;
}
