import { expect } from "@jest/globals";
import { systemClock } from "../../core/clock.ts";
import { RetryableError } from "../../core/errors.ts";
import { waitFor } from "../../core/wait.ts";
import { Scene } from "./harness.ts";

/** A command that looks takes half a second of the processor, which what it waits for needs as well. */
const intervalMs = 1000;

/** What tests look at in `hotsite status --json`. */
export interface Seen {
  readonly state: { readonly name: string; readonly reason: string };
  readonly url: string;
  readonly facts: { readonly activeSite: string; readonly standbySite: string; readonly epoch: number };
  readonly sites: readonly {
    readonly site: string;
    readonly database?: { readonly value?: { readonly writable: boolean; readonly position: string } };
  }[];
}

/** Many machines share few processors here: that a Tomcat starts soon counts for more than its speed later. */
export async function clinicScene(): Promise<Scene> {
  const scene = await Scene.of("examples/petclinic");
  await scene.edit('"clinic") });', '"clinic"), jvmOptions: ["-XX:TieredStopAtLevel=1"] });');
  return scene;
}

export async function statusOf(scene: Scene): Promise<Seen> {
  return (await scene.run("status")) as unknown as Seen;
}

/** Sites whose database can be written to. */
export function writableIn({ sites }: Seen): readonly string[] {
  return sites.filter(({ database }) => database?.value?.writable === true).map(({ site }) => site);
}

/** The end of every run of a protected application: one writable primary, which answers, and a standby with the same data. */
export async function expectProtected(scene: Scene, primary: string): Promise<void> {
  const seen = await untilStatus(scene, ({ state }) => state.name === "PROTECTED");
  expect({ primary: seen.facts.activeSite, writable: writableIn(seen) }).toEqual({
    primary,
    writable: [primary],
  });
  await expectAnswer(seen.url, primary);
  await untilEqual(scene);
}

/** A page through the balancer says which site it comes from. */
export async function expectAnswer(url: string, site: string): Promise<void> {
  const response = await fetch(new URL("/owners?lastName=", url), { signal: AbortSignal.timeout(15_000) });
  expect({ status: response.status, body: await response.text() }).toEqual({
    status: 200,
    body: expect.stringMatching(new RegExp(`<strong>web-1</strong> in <strong>${site}</strong>`)),
  });
}

export async function untilStatus(scene: Scene, holds: (seen: Seen) => boolean): Promise<Seen> {
  return waitFor(
    async () => {
      const seen = await statusOf(scene);
      if (holds(seen)) return seen;
      throw new RetryableError("not-yet", `${seen.state.name}: ${seen.state.reason}`);
    },
    { timeoutMs: 120_000, intervalMs, what: "the status to be as expected" },
    AbortSignal.timeout(180_000),
  );
}

/** Both databases hold the same rows, by the servers' own checksums; nobody writes meanwhile. */
export async function untilEqual(scene: Scene): Promise<void> {
  const compare = async (): Promise<true> => {
    const [east, west] = await Promise.all([checksums(scene, "east"), checksums(scene, "west")]);
    if (east === west) return true;
    throw new RetryableError("differs", `east:\n${east}\nwest:\n${west}`);
  };
  const options = { timeoutMs: 120_000, intervalMs, what: "both databases to hold the same" };
  await waitFor(compare, options, AbortSignal.timeout(180_000));
}

const tables = ["owners", "pets", "types", "visits", "vets", "specialties", "vet_specialties"];

function checksums(scene: Scene, site: string): Promise<string> {
  return sql(scene, site, `CHECKSUM TABLE ${tables.map((name) => `petclinic.${name}`).join(", ")} EXTENDED`);
}

/** What a statement gives at the database of a site, one line a row. */
export function sql(scene: Scene, site: string, statement: string): Promise<string> {
  return scene.on(`${site}/db-1`, "mariadb", "--skip-column-names", "--batch", "--execute", statement);
}

/** Descriptions of visits that were entered through the web page and confirmed. */
export interface Visitor extends AsyncDisposable {
  readonly confirmed: readonly string[];
}

/** Enters one visit after another, as people do, until it is disposed of. What fails is not entered again. */
export function visitor(url: string, prefix: string): Visitor {
  const stopped = new AbortController();
  const confirmed: string[] = [];
  const work = async (): Promise<void> => {
    for (let number = 1; !stopped.signal.aborted; number += 1) {
      const description = `${prefix}-${number}`;
      if (await enterVisit(url, description)) confirmed.push(description);
      // The pace of a busy reception, and no flood of refused connections while a site changes.
      else await systemClock.sleep(200, AbortSignal.timeout(10_000));
    }
  };
  const ended = work();
  return {
    confirmed,
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await ended;
    },
  };
}

/** True when the page confirmed it. */
export async function enterVisit(url: string, description: string): Promise<boolean> {
  const body = new URLSearchParams({ visit_date: "2026-11-21", description });
  const signal = AbortSignal.timeout(30_000);
  try {
    const request: RequestInit = { method: "POST", body, redirect: "manual", signal };
    return (await fetch(new URL("/visits/new?petId=1", url), request)).status === 303;
  } catch (error) {
    // Connections break while a site goes down; what else fails is a fault of the test.
    if (error instanceof TypeError || signal.aborted) return false;
    throw error;
  }
}

/** Every one of these is stored once in each site. */
export async function expectStoredOnce(scene: Scene, descriptions: readonly string[]): Promise<void> {
  const wanted = new Set(descriptions);
  for (const site of ["east", "west"]) {
    const stored = (await sql(scene, site, "SELECT description FROM petclinic.visits")).split("\n");
    const ours = stored.filter((each) => wanted.has(each));
    expect({ site, stored: ours.toSorted() }).toEqual({ site, stored: descriptions.toSorted() });
  }
}
