import type { DatabaseControl, LinkControl } from "../../core/protection.ts";
import { HotsiteError, RetryableError, StaleEpochError } from "../../core/errors.ts";
import type { Ledger, LostRange } from "../../failover/world.ts";
import { gtid, positionOf, type FakeSites } from "./fake-sites.ts";

/** The database of a site. */
export function fakeDatabase(sites: FakeSites, name: string): DatabaseControl {
  const database = () => sites.alive(name);
  return {
    site: name,
    state: async () => ({
      writable: database().writable,
      position: positionOf(database()),
      origin: database().domain,
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
        Object.values(sites.sites).find((site) => site.domain !== database().domain)?.domain ?? 0;
      return { ...applied, epoch, position: gtid(source, applied.sequence) };
    },
    numberAfter: async () => undefined,
    undecided: async () => [...database().undecided],
    decide: async ({ xid }) => {
      const site = database();
      site.undecided = site.undecided.filter((one) => one !== xid);
    },
  };
}

/** The gateway of a site. */
export function fakeLink(sites: FakeSites, name: string): LinkControl {
  const gateway = () => sites.alive(name);
  return {
    site: name,
    status: async () => {
      const { link } = gateway();
      if (link === null) return undefined;
      sites.pump(name);
      const { stream, epoch, from } = link.order;
      const received = gtid(sites.site(from).domain, gateway().applied?.sequence ?? 0);
      const prepared = sites.site(from).undecided.map((xid) => ({ xid, gtid: gtid(1, 1), preparedMs: 0 }));
      return { stream, epoch, state: link.state, lagSeconds: 0.2, received, applied: received, prepared };
    },
    start: async (order) => {
      const site = gateway();
      if (order.epoch < site.epoch) throw new StaleEpochError(`${name} has seen epoch ${site.epoch}`);
      // A gateway goes on where its log ends: the same stream is never copied twice.
      const resumes = site.link?.order.stream === order.stream && site.applied?.stream === order.stream;
      if (order.begin === "copy" && !resumes) {
        site.writable = false;
        site.history = [...sites.alive(order.from).history];
      }
      site.link = { order, state: "streaming" };
      sites.pump(name);
    },
    drain: async () => {
      const site = gateway();
      if (site.link === null) throw new HotsiteError("no-link", `${name} follows nobody`);
      site.link.state = "stopped";
      return positionOf(site);
    },
    reach: async (position) => {
      sites.pump(name);
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

/** The ledger in the database of a site. */
export async function fakeLedger(sites: FakeSites, name: string): Promise<Ledger> {
  sites.alive(name);
  return {
    append: async (entry) => {
      if (!sites.alive(name).writable) throw new RetryableError("read-only", `${name} is read-only`);
      sites.commit(name, entry);
    },
    entries: async (drill) =>
      sites.alive(name).history.flatMap(({ ledger }) => (ledger?.drill === drill ? [ledger] : [])),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** What a site has of its own between two positions. */
export async function lostAt(sites: FakeSites, name: string, { from, to }: LostRange) {
  const [low, high] = [from, to].map((text) => Number(text.split("-").at(-1)));
  return sites
    .alive(name)
    .history.filter(
      ({ domain, sequence }) => domain === sites.site(name).domain && sequence > low! && sequence <= high!,
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

/** Compares two sites by the number of their transactions. */
export async function compareSites(sites: FakeSites, source: string, target: string) {
  sites.inFlight = 0;
  sites.pump(target);
  const [left, right] = [sites.alive(source).history.length, sites.alive(target).history.length];
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
