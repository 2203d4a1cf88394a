import { HotsiteError, messageOf } from "../../core/errors.ts";
import type { Service } from "../../core/recipe.ts";
import type { RecipeTest } from "../../recipes/recipe-test.ts";
import { aptInstall, aptPurge } from "../../remote/apt.ts";
import { applyPackages, applyService, type Work } from "../apply.ts";
import { destroyNode, launchNode } from "../launch.ts";
import { phasesOf, type Job } from "../phases.ts";
import { nodesOf } from "../topology.ts";
import { contextsOf, workOf } from "../work.ts";
import type { World } from "../world.ts";
import { machineChecks, type Bench, type Skipped } from "./machine-checks.ts";
import { planChecks } from "./plan-checks.ts";
import { readTraces } from "./traces.ts";

/** How one promise of a recipe came out. */
export interface CheckResult {
  readonly promise: string;
  readonly result: "kept" | "broken" | "not tried";
  readonly seconds: number;
  /** What breaks it, or why it was not tried. */
  readonly why: readonly string[];
}

/** What a recipe's test came to. */
export interface ContractReport {
  readonly recipe: string;
  readonly results: readonly CheckResult[];
  /** What stays after a removal, by path, and why. */
  readonly keeps: Readonly<Record<string, string>>;
}

/**
 * Holds a recipe against all that recipes promise, on new machines that are destroyed at the end. The world's application has one site, in
 * which the service under test and those that it needs are declared.
 */
export async function runContract(
  world: World,
  test: RecipeTest,
  onResult: (result: CheckResult) => void,
  signal: AbortSignal,
): Promise<ContractReport> {
  const results: CheckResult[] = [];
  const tell = (result: CheckResult): void => {
    results.push(result);
    onResult(result);
  };
  const specs = nodesOf(world.application);
  const run = "recipe-test";
  try {
    await Promise.all(specs.map((spec) => launchNode(world, spec, run, signal)));
    for (const check of planChecks) tell(await tryPlan(world, test.service, check));
    const bench = await benchOf(world, test, signal);
    let ended = false;
    for (const check of machineChecks) {
      const result: CheckResult = ended
        ? untried(check.promise, "the service was never installed")
        : await timed(check.promise, () => check.try(bench, signal));
      tell(result);
      signal.throwIfAborted();
      ended ||= check === machineChecks[0] && result.result === "broken";
    }
    return { recipe: test.service.recipe.name, results, keeps: bench.work.plan.keeps };
  } finally {
    // Also when it was interrupted: what the test launched is never left.
    const last = AbortSignal.timeout(120_000);
    for (const spec of specs) await destroyNode(world, spec, last);
    for (const cloud of new Set(specs.map((spec) => spec.cloud)))
      await (await world.driver(cloud)).sweep(world.owner, last);
  }
}

async function tryPlan(
  world: World,
  service: Service,
  check: (typeof planChecks)[number],
): Promise<CheckResult> {
  return timed(check.promise, async () => {
    const [found] = await contextsOf(world, [jobOf(world, service)], siteOf(world));
    return found === undefined ? ["it has no node"] : check.problems(service, found.context);
  });
}

/** Installs what the service needs, then looks at the machine under test as it is before anything of the recipe was there. */
async function benchOf(world: World, test: RecipeTest, signal: AbortSignal): Promise<Bench> {
  const site = siteOf(world);
  for (const job of phasesOf(world.application, site).sites.flat()) {
    if (job.placement.service === test.service) continue;
    const work = await workOf(world, job, site, signal);
    await applyPackages(work, signal);
    await applyService(work, { start: true }, signal);
  }
  const workFor = async (service: Service | undefined): Promise<Work | undefined> => {
    if (service === undefined) return undefined;
    const services = world.application.services.map((one) => (one === test.service ? service : one));
    const changed = { ...world, application: { ...world.application, services } };
    return workOf(changed, jobOf(changed, service), site, signal);
  };
  const work = await workOf(world, jobOf(world, test.service), site, signal);
  const [changed, upgraded] = [await workFor(test.changed), await workFor(test.upgraded)];
  await leaveWhatDebianLeaves([work, changed, upgraded], signal);
  return { work, changed, upgraded, before: await readTraces(work.shell, signal) };
}

/** Installs and purges the packages once, so that what Debian's own removal leaves behind is not held against the recipe. */
async function leaveWhatDebianLeaves(
  works: readonly (Work | undefined)[],
  signal: AbortSignal,
): Promise<void> {
  const packages = [...new Set(works.flatMap((work) => work?.plan.packages ?? []))];
  const [work] = works;
  if (work === undefined || packages.length === 0) return;
  await work.shell.run(aptInstall(packages, "recipe-test"), signal);
  await work.shell.run(aptPurge(packages, "recipe-test"), signal);
}

function jobOf(world: World, service: Service): Job {
  for (const spec of nodesOf(world.application)) {
    const placement = spec.services.find((placed) => placed.service.name === service.name);
    if (placement !== undefined) return { spec, placement };
  }
  throw new HotsiteError("config", `${service.name} is not the service under test`, {
    hint: "service, changed and upgraded have one name and at least one instance",
  });
}

function siteOf({ application }: World): string {
  return application.sites[0]?.name ?? "";
}

async function timed(
  promise: string,
  attempt: () => Promise<readonly string[] | Skipped>,
): Promise<CheckResult> {
  const began = performance.now();
  const said = await attempt().catch((error: unknown) => [messageOf(error)]);
  const seconds = (performance.now() - began) / 1000;
  if ("skipped" in said) return { ...untried(promise, said.skipped), seconds };
  return { promise, result: said.length === 0 ? "kept" : "broken", seconds, why: said };
}

function untried(promise: string, why: string): CheckResult {
  return { promise, result: "not tried", seconds: 0, why: [why] };
}
