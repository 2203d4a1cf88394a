import type { Authority, LinkOrder } from "../../core/protection.ts";
import { RetryableError } from "../../core/errors.ts";
import type { LedgerEntry, PowerState } from "../../failover/world.ts";

interface Transaction {
  readonly domain: number;
  readonly sequence: number;
  readonly ledger?: LedgerEntry;
}

/** One site: its machines, its database's history, its gateway and its web tier. */
export interface FakeSite {
  readonly domain: number;
  power: PowerState;
  writable: boolean;
  epoch: number;
  history: Transaction[];
  link: { order: LinkOrder; state: "streaming" | "stopped" } | null;
  /** What the link has applied of its stream. */
  applied: { stream: string; sequence: number } | null;
  web: boolean;
  /** Prepared by XA. */
  undecided: string[];
}

/** What the fakes share: sites that change under their hands, and what goes wrong with them. */
export class FakeSites {
  readonly sites: Record<string, FakeSite>;
  authority: Authority = { epoch: 1, writer: "east" };
  /** How many of the source's latest transactions have not reached the standby. */
  inFlight: number;
  /** Sites whose cloud does not answer, and those where it does not confirm a power-off. */
  readonly driverDown = new Set<string>();
  readonly staysOn = new Set<string>();

  constructor(inFlight: number, standbyWeb: boolean) {
    this.inFlight = inFlight;
    this.sites = { east: freshSite(1, true), west: freshSite(2, standbyWeb) };
  }

  site(name: string): FakeSite {
    const site = this.sites[name];
    if (site === undefined) throw new Error(`no site ${name}`);
    return site;
  }

  /** Throws where the site has no power. */
  alive(name: string): FakeSite {
    const site = this.site(name);
    if (site.power !== "on") throw new RetryableError("unreachable", `${name} does not answer`);
    return site;
  }

  /** One transaction at a site. */
  commit(name: string, ledger?: LedgerEntry): void {
    const site = this.site(name);
    const sequence = lastOf(site, site.domain) + 1;
    site.history.push({ domain: site.domain, sequence, ...(ledger && { ledger }) });
    for (const other of Object.keys(this.sites)) this.pump(other);
  }

  /** Lets a running link carry what it may. */
  pump(name: string): void {
    const target = this.site(name);
    if (target.link === null || target.link.state === "stopped" || target.power !== "on") return;
    const { order } = target.link;
    const { domain, history } = this.site(order.from);
    const known = lastOf(target, domain);
    const upTo = this.#sent(order.from) ?? known;
    const carried = history.filter(
      (one) => one.domain === domain && one.sequence > known && one.sequence <= upTo,
    );
    target.history.push(...carried);
    target.applied = { stream: order.stream, sequence: lastOf(target, domain) };
  }

  /** How far a source has sent its own transactions; undefined without power. */
  #sent(name: string): number | undefined {
    const source = this.site(name);
    if (source.power !== "on") return undefined;
    return lastOf(source, source.domain) - (source.writable ? this.inFlight : 0);
  }
}

function freshSite(domain: number, web: boolean): FakeSite {
  return {
    domain,
    power: "on",
    writable: false,
    epoch: 0,
    history: [],
    link: null,
    applied: null,
    web,
    undecided: [],
  };
}

/** The last sequence number that a site has of a domain. */
export function lastOf(site: FakeSite, domain: number): number {
  return Math.max(0, ...site.history.filter((one) => one.domain === domain).map(({ sequence }) => sequence));
}

export function positionOf(site: FakeSite): string {
  return [1, 2]
    .map((domain) => [domain, lastOf(site, domain)] as const)
    .filter(([, last]) => last > 0)
    .map(([domain, last]) => gtid(domain, last))
    .join(",");
}

export function gtid(domain: number, sequence: number): string {
  return sequence === 0 ? "" : `${domain}-${100 + domain}-${sequence}`;
}
