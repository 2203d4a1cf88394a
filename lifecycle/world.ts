import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import type { Application, Cloud } from "../core/application.ts";
import { systemClock, type Clock } from "../core/clock.ts";
import type { Driver } from "../core/driver.ts";
import { silentLogger, type Logger } from "../core/logger.ts";
import { keptSecret, resolveSecret, type Secret } from "../core/secret.ts";
import type { Shell } from "../core/shell.ts";
import type { Service } from "../core/recipe.ts";
import type { Store } from "../core/store.ts";
import { openStore } from "../store/lmdb.ts";
import { Nodes } from "./nodes.ts";
import { Pki } from "./pki.ts";
import { loginKey, type LoginKey } from "./login-key.ts";
import { Shells } from "./shells.ts";

export interface WorldOptions {
  readonly application: Application;
  /** Relative paths of the config (seeds, WARs) start here. */
  readonly configFolder: string;
  /** Store, keys, secrets and certificates of this application. */
  readonly stateFolder: string;
  readonly logger?: Logger;
  readonly clock?: Clock;
}

/** Everything that the workflows of one application touch. Whoever opens it closes it. */
export class World implements AsyncDisposable {
  readonly application: Application;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stateFolder: string;
  /** Marks everything that this application has in its clouds; unique to this state folder. */
  readonly owner: string;
  readonly nodes: Nodes;
  readonly pki: Pki;
  readonly loginKey: LoginKey;
  readonly #shells: Shells;
  readonly #drivers = new Map<Cloud, Promise<Driver>>();

  private constructor(
    options: WorldOptions,
    parts: { store: Store; owner: string; pki: Pki; loginKey: LoginKey },
  ) {
    this.application = options.application;
    this.clock = options.clock ?? systemClock;
    this.logger = options.logger ?? silentLogger;
    this.stateFolder = options.stateFolder;
    this.store = parts.store;
    this.owner = parts.owner;
    this.pki = parts.pki;
    this.loginKey = parts.loginKey;
    this.nodes = new Nodes(parts.store, options.application.name);
    this.#shells = new Shells({
      nodes: this.nodes,
      privateKey: parts.loginKey.privateKey,
      logger: this.logger,
    });
  }

  static async open(options: WorldOptions): Promise<World> {
    const { application, stateFolder } = options;
    const store = await openStore(join(stateFolder, "store"));
    const pki = await Pki.open(join(stateFolder, "pki"), application.name);
    return new World(options, {
      store,
      pki,
      owner: await ownerOf(store, application.name),
      loginKey: await loginKey(stateFolder),
    });
  }

  /** The driver of one cloud of the config; opened once. */
  driver(cloud: Cloud): Promise<Driver> {
    const known = this.#drivers.get(cloud);
    if (known !== undefined) return known;
    const sites = this.application.sites
      .filter((site) => site.cloud.kind === cloud.kind)
      .map(({ name }) => name);
    const driver = cloud.open({ owner: this.owner, sites });
    this.#drivers.set(cloud, driver);
    return driver;
  }

  /** A connection to a node, kept open for the next call; the world closes it. */
  shell(site: string, name: string, signal: AbortSignal): Promise<Shell> {
    return this.#shells.to(site, name, signal);
  }

  /** Forgets connections to nodes that were powered off or destroyed. */
  disconnect(site: string, name?: string): Promise<void> {
    return this.#shells.close(site, name);
  }

  /** The secrets of a service by name. */
  async secrets(service: Service): Promise<Readonly<Record<string, Secret>>> {
    const folder = join(this.stateFolder, "secrets");
    const sources = Object.entries(service.recipe.secrets(service.params));
    const named = sources.map(
      async ([name, source]) =>
        [name, await resolveSecret(source, `${service.name}.${name}`, folder)] as const,
    );
    return Object.fromEntries(await Promise.all(named));
  }

  /** A secret of the application itself, made at its first use. */
  ownSecret(name: string): Promise<Secret> {
    return keptSecret(join(this.stateFolder, "secrets", `hotsite.${name}`), () =>
      randomBytes(18).toString("base64url"),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#shells[Symbol.asyncDispose]();
    for (const driver of this.#drivers.values()) await (await driver)[Symbol.asyncDispose]();
    await this.store[Symbol.asyncDispose]();
  }
}

/** Two checkouts of one config on one machine must not take each other's machines for their own, so the name gets a random end. */
async function ownerOf(store: Store, application: string): Promise<string> {
  const key = `owners/${application}`;
  const kept = await store.get(key);
  if (kept !== undefined) return z.string().parse(kept.value);
  await store.put(key, `${application}-${randomBytes(3).toString("hex")}`, 0).catch(() => undefined);
  return ownerOf(store, application);
}
