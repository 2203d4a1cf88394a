import type { Application } from "../core/application.ts";
import type { Job } from "../lifecycle/phases.ts";
import { nodesOf } from "../lifecycle/topology.ts";
import { oneOf } from "./target.ts";

/** The instances that `target` means: all of a service, or everything on a node or in a site. Throws `HotsiteError` "usage" with the names that there are. */
export function jobsNamed(application: Application, target: string): readonly Job[] {
  const jobs = allJobs(application);
  const namesOf = (job: Job): readonly string[] => [job.placement.service.name, job.spec.site, nodeOf(job)];
  const known = [...new Set([0, 1, 2].flatMap((kind) => jobs.map((job) => namesOf(job)[kind] ?? "")))];
  const name = oneOf(known, target, "service, site or node");
  return jobs.filter((job) => namesOf(job).includes(name));
}

/** Every instance of every service. */
export function allJobs(application: Application): readonly Job[] {
  return nodesOf(application).flatMap((spec) => spec.services.map((placement) => ({ spec, placement })));
}

/** `east/web-1`. */
export function nodeOf({ spec }: Job): string {
  return `${spec.site}/${spec.name}`;
}
