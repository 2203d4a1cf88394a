import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import type { Application, Cloud, CloudScope } from "../core/application.ts";
import { systemClock, type Clock } from "../core/clock.ts";
import type { Driver, Machine } from "../core/driver.ts";
import { silentLogger, type Logger } from "../core/logger.ts";
import type { Service } from "../core/recipe.ts";
import { besideConfig, keptSecret, resolveSecret, type Secret } from "../core/secret.ts";
import type { Shell } from "../core/shell.ts";
import type { SshTarget } from "../core/ssh.ts";
import type { Store } from "../core/store.ts";
import { openShell } from "../remote/ssh.ts";
import { openStore } from "../store/lmdb.ts";
import { asScaled } from "./counts.ts";
import { loginKey, type LoginKey } from "./login-key.ts";
import { Nodes, type LaunchedNode } from "./nodes.ts";
import { Pki } from "./pki.ts";
import { Shells, type MachineAccess } from "./shells.ts";
import { nodesOf } from "./topology.ts";

export interface WorldOptions {
  readonly application: Application;
  /** Relative paths in the config (seeds, WARs) start here. */
  readonly configFolder: string;
  /** Store, keys, secrets and certificates of this application. */
  readonly stateFolder: string;
  readonly logger?: Logger;
  readonly clock?: Clock;
}

/** Everything that the workflows of one application touch. Whoever opens it closes it. */
export interface World extends AsyncDisposable {
  /** As the config declares it, with the numbers of machines that it was scaled to. */
  readonly application: Application;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly configFolder: string;
  readonly stateFolder: string;
  /** Marks everything that this application has in its clouds; unique to this state folder. */
  readonly owner: string;
  readonly nodes: Nodes;
  readonly pki: Pki;
  readonly loginKey: LoginKey;
  /** The driver of one cloud of the config; opened once. */
  driver(cloud: Cloud): Promise<Driver>;
  /** A connection to a node, kept open for the next call; the world closes it. */
  shell(site: string, name: string, signal: AbortSignal): Promise<Shell>;
  /** How a node is logged in to. */
  sshTarget(node: LaunchedNode): Promise<SshTarget>;
  /** Forgets connections to nodes that were powered off or destroyed. */
  disconnect(site: string, name?: string): Promise<void>;
  /** The secrets of a service by name. */
  secrets(service: Service): Promise<Readonly<Record<string, Secret>>>;
  /** A secret of the application itself, made at its first use. */
  ownSecret(name: string): Promise<Secret>;
}

/** The same world with another idea of the application: as it was, or as it will be. */
export function seeing<W extends World>(world: W, application: Application): W {
  return { ...world, application };
}

export async function openWorld(options: WorldOptions): Promise<World> {
  const { configFolder, stateFolder, clock = systemClock, logger = silentLogger } = options;
  const store = await openStore(join(stateFolder, "store"));
  const application = await asScaled({ store, application: options.application });
  const nodes = new Nodes(store, application.name);
  const login = await loginKey(stateFolder);
  const owner = await ownerOf(store, application.name);
  const drivers = openDrivers(application, {
    ...{ owner, configFolder },
    stateFolder: join(stateFolder, "clouds"),
    openShell: (target, signal) => openShell({ ...target, logger }, signal),
  });
  const access = async (machine: Machine): Promise<MachineAccess> => {
    const place = nodesOf(application).find(({ site }) => site === machine.site);
    if (place === undefined) return {};
    const driver = await drivers.get(place.cloud);
    const hostKey = driver.hostKey?.(machine);
    return { ...(await driver.access?.(machine)), ...(hostKey && { hostKey }) };
  };
  const shells = new Shells({ nodes, privateKey: login.privateKey, logger, access });
  const secretsFolder = join(stateFolder, "secrets");
  return {
    ...{ application, store, clock, logger, configFolder, stateFolder, owner, nodes },
    pki: await Pki.open(join(stateFolder, "pki"), application.name),
    loginKey: login,
    driver: (cloud) => drivers.get(cloud),
    shell: (site, name, signal) => shells.to(site, name, signal),
    sshTarget: (node) => shells.target(node),
    disconnect: (site, name) => shells.close(site, name),
    secrets: (service) => secretsOf(service, secretsFolder, configFolder),
    ownSecret: (name) =>
      keptSecret(join(secretsFolder, `hotsite.${name}`), () => randomBytes(18).toString("base64url")),
    [Symbol.asyncDispose]: async () => {
      await shells[Symbol.asyncDispose]();
      await drivers.close();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** Drivers by cloud, each opened at its first use. */
function openDrivers(
  application: Application,
  scope: Omit<CloudScope, "sites">,
): { get(cloud: Cloud): Promise<Driver>; close(): Promise<void> } {
  const open = new Map<Cloud, Promise<Driver>>();
  const get = (cloud: Cloud): Promise<Driver> => {
    const sites = application.sites.filter((site) => site.cloud.kind === cloud.kind).map(({ name }) => name);
    const driver = open.get(cloud) ?? cloud.open({ ...scope, sites });
    open.set(cloud, driver);
    return driver;
  };
  const close = async (): Promise<void> => {
    for (const driver of await Promise.allSettled(open.values())) {
      if (driver.status === "fulfilled") await driver.value[Symbol.asyncDispose]();
    }
  };
  return { get, close };
}

async function secretsOf(
  service: Service,
  folder: string,
  configFolder: string,
): Promise<Readonly<Record<string, Secret>>> {
  const sources = Object.entries(service.recipe.secrets(service.params));
  const named = sources.map(async ([name, source]) => {
    const found = besideConfig(source, configFolder);
    return [name, await resolveSecret(found, `${service.name}.${name}`, folder)] as const;
  });
  return Object.fromEntries(await Promise.all(named));
}

/** Two checkouts of one config on one machine must not take each other's machines for their own, so the name gets a random end. */
async function ownerOf(store: Store, application: string): Promise<string> {
  const key = `owners/${application}`;
  const kept = await store.get(key);
  if (kept !== undefined) return z.string().parse(kept.value);
  const owner = `${application}-${randomBytes(3).toString("hex")}`;
  await store.put(key, owner, 0).catch(async (error: unknown) => {
    if ((await store.get(key)) === undefined) throw error;
  });
  return ownerOf(store, application);
}
