import { HotsiteError, RetryableError } from "../../core/errors.ts";
import type { SitePower, WebTier } from "../../failover/world.ts";
import type { FakeSites } from "./fake-sites.ts";

/** The machines of a site. */
export function fakePower(sites: FakeSites, name: string): SitePower {
  const driver = () => {
    if (sites.driverDown.has(name))
      throw new RetryableError("unreachable", `the cloud of ${name} does not answer`);
    return sites.site(name);
  };
  return {
    state: async () => driver().power,
    off: async () => {
      if (sites.staysOn.has(name)) throw new RetryableError("timeout", `${name} is still running`);
      Object.assign(driver(), { power: "off", writable: false });
    },
    on: async () => {
      const site = driver();
      if (site.power === "on") return;
      // The role agent makes the database writable when the witness says so.
      Object.assign(site, { power: "on", writable: sites.authority.writer === name });
    },
  };
}

export interface FakeWebOptions {
  /** It does not start while its database is read-only. */
  readonly needsWritable?: boolean;
  /** Its config tells that it needs a writable one. */
  readonly saysSo?: boolean;
  /** Told of each start where it cannot run. */
  readonly onFailedStart: () => void;
}

/** The web tier of a site. */
export function fakeWeb(sites: FakeSites, name: string, options: FakeWebOptions): WebTier {
  const site = () => sites.alive(name);
  const starts = (): boolean => site().writable || options.needsWritable !== true;
  return {
    startsReadOnly: options.saysSo !== true,
    start: async () => {
      site().web = true;
      if (starts()) return;
      options.onFailedStart();
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
        host: `10.0.${sites.site(name).domain}.${n}`,
        port: 8443,
      })),
  };
}
