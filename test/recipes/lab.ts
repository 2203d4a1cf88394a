import { randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { script } from "../../core/command.ts";
import type { Machine } from "../../core/driver.ts";
import type { RecipeContext, Service } from "../../core/recipe.ts";
import type { Shell } from "../../core/shell.ts";
import { LocalDriver } from "../../drivers/local/driver.ts";
import { applyPackages, applyService, removeService, type Work } from "../../lifecycle/apply.ts";
import { Pki } from "../../lifecycle/pki.ts";
import { locate } from "../../recipes/local-path.ts";
import { loginKey } from "../drivers/claim.ts";
import { removeAll, shellOn } from "../drivers/lab.ts";
import { contextFor, type Surroundings } from "./context.ts";
import { clinicFolder } from "./examples.ts";

/** A machine of a test, and all that could have been ours on it before anything was installed. */
export interface Place {
  readonly machine: Machine;
  readonly shell: Shell;
  readonly before: string;
}

/** What a page answered. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly location: string;
}

/** Machines on which recipes are put without the rest of an application. */
export class RecipeLab implements AsyncDisposable {
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly #owner = `recipes-${randomBytes(3).toString("hex")}`;
  readonly #driver = new LocalDriver();
  /** Where the services run whose endpoints others use. */
  readonly #others = new Map<Service, Place>();

  private constructor(folder: string, timeoutMs: number) {
    this.folder = folder;
    this.signal = AbortSignal.timeout(timeoutMs);
    // Every file that is sent listens to it.
    setMaxListeners(100, this.signal);
  }

  static async open(timeoutMs: number): Promise<RecipeLab> {
    return new RecipeLab(await mkdtemp(join(tmpdir(), "hotsite-recipes-")), timeoutMs);
  }

  async launch(name: string, expose: readonly number[]): Promise<Place> {
    const claim = {
      ...{ id: `${this.#owner}-${name}`, owner: this.#owner, site: "east", name },
      ...{ template: {}, authorizedKey: loginKey.publicKey, expose },
    };
    const machine = await this.#driver.launch(claim, this.signal);
    const shell = await shellOn(machine, this.signal);
    return { machine, shell, before: await this.traces(shell) };
  }

  /** Says where a service runs, so that others can use its endpoints. */
  place(service: Service, place: Place): void {
    this.#others.set(service, place);
  }

  async context(service: Service, { machine }: Place): Promise<RecipeContext<unknown>> {
    await locate(service, clinicFolder);
    const { site, name, address } = machine;
    const pki = await Pki.open(join(this.folder, "pki"), "clinic");
    const others = [...this.#others];
    const surroundings: Surroundings = {
      node: { site, name, address },
      others: others.map(([other]) => other),
      addresses: Object.fromEntries(others.map(([other, at]) => [other.name, at.machine.address])),
    };
    return { ...contextFor(service, surroundings), tls: await pki.node(site, name, address) };
  }

  async work(service: Service, place: Place): Promise<Work> {
    const plan = service.recipe.plan(await this.context(service, place));
    return { service: service.name, plan, shell: place.shell };
  }

  async install(service: Service, place: Place): Promise<string> {
    const work = await this.work(service, place);
    await applyPackages(work, this.signal);
    return applyService(work, { start: true }, this.signal);
  }

  async remove(service: Service, place: Place, options = { deleteData: true }): Promise<void> {
    await removeService(await this.work(service, place), options, this.signal);
  }

  /** Everything on a node that could be ours; what Debian itself leaves of its packages is not. */
  async traces(shell: Shell): Promise<string> {
    return (await shell.run(script(TRACES), this.signal)).stdout;
  }

  async ask(place: Place, path: string, request: RequestInit = {}): Promise<Answer> {
    const { host, port } = place.machine.exposed[8080] ?? { host: "nowhere", port: 0 };
    const options = { ...request, redirect: "manual", signal: this.signal } as const;
    const response = await fetch(`http://${host}:${port}${path}`, options);
    const [status, body] = [response.status, await response.text()];
    return { status, body, location: response.headers.get("location") ?? "" };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
    await removeAll(this.#driver, this.#owner);
  }
}

const TRACES = `
find /etc /opt /srv /usr /var -xdev \\( -ipath '*hotsite*' -o -ipath '*mariadb*' -o -ipath '*mysql*' -o -ipath '*tomcat*' \\) \\
  -not -path '/var/cache/*' -not -path '/var/lib/apt/*' -not -path '/var/lib/dpkg/*' -not -path '/var/log/apt/*' \\
  -not -path '/var/log/mysql*' -not -path '/var/log/tomcat10*' -not -path '/var/log/journal/*' \\
  -not -path '/var/lib/hotsite' -not -path '/var/lib/hotsite/.packages*' -not -path '/var/lib/systemd/*' \\
  -not -path '/etc/mysql' -not -path '/etc/mysql/mariadb.conf.d' -not -path '/etc/mysql/debian.cnf' | sort
getent passwd | grep -i -e tomcat- -e hotsite
systemctl list-units --failed --no-legend --plain`;
