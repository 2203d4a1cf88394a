import type Docker from "dockerode";
import { z } from "zod";
import { HotsiteError } from "../../core/errors.ts";
import { pack, unpack } from "./archive.ts";
import { ask, askUnless, openEngine } from "./engine.ts";
import { routerName } from "./names.ts";
import { reloadRouter } from "./router.ts";
import { rulesFolder } from "./scripts.ts";
import { listSites } from "./site.ts";
import { inTurn } from "../turns.ts";

const schema = z.strictObject({
  delayMs: z.number().min(0).max(60_000).default(0).describe("each way"),
  jitterMs: z.number().min(0).max(60_000).default(0).describe("added to or taken from the delay, at random"),
  lossPercent: z.number().min(0).max(100).default(0),
  kbit: z.int().min(0).default(0).describe("bandwidth in kbit/s; 0: no limit"),
  cut: z.boolean().default(false).describe("nothing gets through"),
});

/** What the line from one site to another does to packets, in one direction. */
export type WanRule = z.infer<typeof schema>;

/** A line that does nothing to packets: what sites have when nothing was set. */
export const perfectLine: WanRule = schema.parse({});

export interface WanChange {
  readonly owner: string;
  readonly from: string;
  readonly to: string;
  /** Only what is named changes: `{ cut: false }` heals a line and leaves its delay. */
  readonly rule: Partial<WanRule>;
  /** Leave the way back as it is. */
  readonly oneWay?: boolean;
}

/** Changes the line between two sites, while it is in use, and gives the rule from the first to the second. */
export async function setWan(
  { owner, from, to, rule, oneWay = false }: WanChange,
  signal: AbortSignal,
): Promise<WanRule> {
  const line = await openLine(owner, from, to, signal);
  const change = async (): Promise<WanRule> => {
    const there = parseRule({ ...(await readRule(line.router, line.there)), ...rule });
    const back = parseRule({ ...(await readRule(line.router, line.back)), ...rule });
    await writeRules(
      line.router,
      oneWay
        ? [[line.there, there]]
        : [
            [line.there, there],
            [line.back, back],
          ],
    );
    return there;
  };
  return inTurn(`wan of ${owner}`, change, signal);
}

/** The rule from one site to another. */
export async function getWan(owner: string, from: string, to: string, signal: AbortSignal): Promise<WanRule> {
  const { router, there } = await openLine(owner, from, to, signal);
  return readRule(router, there);
}

interface Line {
  readonly router: Docker.Container;
  /** Names of the rules' files. */
  readonly there: string;
  readonly back: string;
}

async function openLine(owner: string, from: string, to: string, signal: AbortSignal): Promise<Line> {
  const docker = await openEngine(signal);
  const sites = new Map((await listSites(docker, owner, signal)).map(({ site, number }) => [site, number]));
  const [a, b] = [from, to].map((site) => sites.get(site));
  if (a === undefined || b === undefined || a === b) {
    const known = [...sites.keys()].join(", ");
    throw new HotsiteError("no-such-line", `there is no line from ${from} to ${to}`, {
      hint: known === "" ? "install the application first" : `sites on this computer: ${known}`,
    });
  }
  return { router: docker.getContainer(routerName(owner)), there: `${a}-${b}`, back: `${b}-${a}` };
}

async function readRule(router: Docker.Container, name: string): Promise<WanRule> {
  const archive = await askUnless(
    [404],
    "read the WAN's rules",
    router.getArchive({ path: `${rulesFolder}/${name}` }),
  );
  const text = archive === undefined ? undefined : [...(await unpack(archive)).values()][0];
  if (text === undefined) return perfectLine;
  const [delayMs, jitterMs, lossPercent, kbit, state] = text.trim().split(" ");
  return schema.parse({
    ...{
      delayMs: Number(delayMs),
      jitterMs: Number(jitterMs),
      lossPercent: Number(lossPercent),
      kbit: Number(kbit),
    },
    cut: state === "down",
  });
}

async function writeRules(
  router: Docker.Container,
  rules: readonly (readonly [string, WanRule])[],
): Promise<void> {
  const files = rules.map(([name, rule]) => ({
    path: `${rulesFolder.slice(1)}/${name}`,
    content: printRule(rule),
  }));
  await ask("write the WAN's rules", router.putArchive(await pack(files), { path: "/" }));
  await reloadRouter(router);
}

function printRule({ delayMs, jitterMs, lossPercent, kbit, cut }: WanRule): string {
  return `${delayMs} ${jitterMs} ${lossPercent} ${kbit} ${cut ? "down" : "up"}\n`;
}

function parseRule(rule: Partial<WanRule>): WanRule {
  const parsed = schema.safeParse(rule);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new HotsiteError("bad-wan-rule", faults.join("; "), {
    hint: "delay 0–60000 ms, loss 0–100 %, bandwidth in whole kbit/s",
  });
}
