import { z } from "zod";
import type { Application } from "../core/application.ts";
import { HotsiteError, messageOf, PreflightError, RetryableError } from "../core/errors.ts";
import type { LinkOrder, LinkStatus } from "../core/protection.ts";
import type { Step, StepScope } from "../core/workflow.ts";
import { waitFor } from "../core/wait.ts";
import { readScene } from "./context.ts";
import { membersOf } from "./pool.ts";
import { balancerOf } from "./pool-steps.ts";
import { changeFacts, readFacts } from "./facts.ts";
import type { FleetWorld } from "./fleet-world.ts";
import { askOverHttp, type Asking } from "./http.ts";
import { forgetOrder, orderInForce } from "./link-order.ts";
import type { World } from "./world.ts";

/** A first copy of any size may take long; it has failed when it makes no progress for so long. */
const STALLED_MS = 120_000;
/** A fresh web tier compiles its pages at the first request. */
const FIRST_ANSWER_MS = 90_000;
const ANSWER_MS = 10_000;

interface Where {
  readonly activeSite: string;
}

/** The witness lets the active site's database write. An application that was protected before keeps the authority that it has. */
export function firstAuthority(
  { edge, replication }: Application,
  { activeSite }: Where,
): readonly Step<FleetWorld, { epoch: number }>[] {
  if (edge === undefined || replication === undefined) return [];
  return [
    {
      name: `authority: ${activeSite} may write`,
      output: z.strictObject({ epoch: z.int() }),
      async run(world, signal) {
        const witness = world.steering.witness();
        const now = await witness.authority(signal);
        if (now.writer === activeSite) return { epoch: now.epoch };
        const known = (await readFacts(world))?.epoch ?? 0;
        // Nobody has it after a change of primary that was given up in the middle; then nobody else became the primary either.
        const isFree = now.writer === null && now.epoch === known;
        if (now.epoch > 0 && !isFree) {
          throw new HotsiteError(
            "not-the-primary",
            `the witness says that ${now.writer ?? "nobody"} may write, not ${activeSite}`,
            {
              hint: "hotsite status says what to do",
            },
          );
        }
        // A witness that was replaced knows nothing; databases refuse an epoch older than one they have seen.
        const epoch = Math.max(1, known);
        await witness.grant({ epoch, writer: activeSite }, now, signal);
        return { epoch };
      },
      // A witness that this run launched goes with its node; on an older one the grant is what it was before.
      undo: () => Promise.resolve(),
    },
  ];
}

/** Starts the link with a first copy unless it runs already, and waits until the standby has everything. */
export function startLink(
  application: Application,
  { activeSite, copied }: Where & { readonly copied: boolean },
): readonly Step<FleetWorld, { position: string }>[] {
  const standby = application.sites.find(({ name }) => name !== activeSite);
  if (application.replication === undefined || standby === undefined) return [];
  return [
    {
      name: `${standby.name}: first copy`,
      output: z.strictObject({ position: z.string() }),
      async run(world, signal) {
        const { steering } = world;
        const faults = await steering.linkFaults(activeSite, signal);
        if (faults.length > 0)
          throw new PreflightError(`the database of ${activeSite} cannot be replicated`, faults);
        const order = await orderInForce(world, steering, { from: activeSite, to: standby.name }, signal);
        const link = steering.link(standby.name);
        await link.start(order, signal);
        await awaitStreaming(world, () => link.status(signal), signal);
        const { position } = await steering.database(activeSite).state(signal);
        await link.reach(position, STALLED_MS, signal);
        await recordProtected(world, order);
        return { position };
      },
      async undo(world, _output, signal) {
        // A standby that had its copy goes on following, as it did before this run.
        if (copied) return;
        await world.steering.link(standby.name).stop(signal);
        await forgetOrder(world);
      },
    },
  ];
}

/** Every web node is in the pool; those of the active site get traffic. */
export function fillPool(
  { traffic }: Application,
  { activeSite }: Where,
): readonly Step<FleetWorld, { members: number }>[] {
  if (traffic === undefined) return [];
  return [
    {
      name: "pool",
      output: z.strictObject({ members: z.int() }),
      async run(world, signal) {
        const members = membersOf(await readScene(world, activeSite));
        await balancerOf(world).apply(members, signal);
        return { members: members.length };
      },
      undo: () => Promise.resolve(),
    },
  ];
}

/** Asks as a client does, through the balancer. */
export function checkTraffic({ traffic }: Application): readonly Step<FleetWorld, { url: string }>[] {
  if (traffic === undefined) return [];
  return [
    {
      name: "answers through the balancer",
      output: z.strictObject({ url: z.string() }),
      readOnly: true,
      async run(world, signal) {
        const url = new URL(traffic.health, await frontDoor(world));
        const asking = { timeoutMs: ANSWER_MS, statuses: traffic.healthStatuses };
        const options = { timeoutMs: FIRST_ANSWER_MS, what: `${url.href} to answer` };
        await waitFor((inner) => answers(url, asking, inner), options, signal).catch(
          async (error: unknown) => {
            signal.throwIfAborted();
            throw await unanswered(error, world, signal);
          },
        );
        return { url: url.href };
      },
    },
  ];
}

/** The address that people use. Throws `HotsiteError` "not-installed". */
export async function frontDoor(world: World): Promise<URL> {
  const balancer = world.application.traffic?.balancer;
  const [port] = balancer === undefined ? [] : balancer.recipe.expose(balancer.params);
  const edge = await world.nodes.get("edge", "edge-1");
  const exposed = port === undefined ? undefined : edge?.machine?.exposed[port];
  if (exposed !== undefined) return new URL(`http://${exposed.host}:${exposed.port}/`);
  throw new HotsiteError("not-installed", `${world.application.name} has no balancer yet`, {
    hint: "hotsite install",
  });
}

async function awaitStreaming(
  world: World & StepScope,
  status: () => Promise<LinkStatus | undefined>,
  signal: AbortSignal,
): Promise<void> {
  let [rows, since] = [-1, world.clock.now()];
  for (;;) {
    const now = await status();
    if (now?.state === "streaming") return;
    if (now?.state === "failed")
      throw new HotsiteError("link-failed", `the link stopped: ${now.problem ?? "it does not say why"}`, {
        hint: "hotsite replication status",
      });
    const copied = now?.copy?.rows ?? 0;
    if (copied !== rows) [rows, since] = [copied, world.clock.now()];
    if (world.clock.now() - since > STALLED_MS)
      throw new RetryableError("copy-stalled", `the first copy made no progress for ${STALLED_MS / 1000} s`);
    if (now?.copy !== undefined) world.report(progress(now.copy));
    await world.clock.sleep(250, signal);
  }
}

function progress({ rows, totalRows, rowsPerSecond }: NonNullable<LinkStatus["copy"]>): string {
  const left =
    rowsPerSecond > 0 ? ` · ${Math.ceil(Math.max(0, totalRows - rows) / rowsPerSecond)} s left` : "";
  return `first copy ${rows} of ${totalRows} rows · ${Math.round(rowsPerSecond)}/s${left}`;
}

async function recordProtected(world: World, order: LinkOrder): Promise<void> {
  await changeFacts(world, {
    activeSite: order.from,
    standbySite: order.to,
    epoch: order.epoch,
    link: order,
    copied: true,
  });
}

/** The failure with what the balancer thinks of each member; waiting again would not help. */
async function unanswered(error: unknown, world: FleetWorld, signal: AbortSignal): Promise<HotsiteError> {
  const stats = await balancerOf(world).stats(signal);
  const members = stats.map(
    ({ name, state, healthy }) => `${name} ${state}, ${healthy ? "healthy" : "not healthy"}`,
  );
  return new HotsiteError("no-answer", `${messageOf(error)}; the pool: ${members.join("; ")}`, {
    cause: error,
    hint: "see what the members say: hotsite logs",
  });
}

async function answers(url: URL, asking: Asking, signal: AbortSignal): Promise<true> {
  const { ok, outcome } = await askOverHttp(url, asking, signal);
  if (ok) return true;
  throw new RetryableError("no-answer", `${url.href} answers ${outcome}`);
}
