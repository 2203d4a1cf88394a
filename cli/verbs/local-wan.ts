import { z } from "zod";
import { getWan, perfectLine, setWan, type WanRule } from "../../drivers/local/wan.ts";
import { openSession } from "../session.ts";
import { oneOf } from "../target.ts";
import { exactly } from "../outcomes/exactly.ts";
import type { Call, Options, Outcome } from "../verb.ts";

const wanRule = exactly<WanRule>()(
  z.strictObject({
    delayMs: z.number().describe("one way"),
    jitterMs: z.number(),
    lossPercent: z.number(),
    kbit: z.number().describe("per second; 0: no limit"),
    cut: z.boolean(),
  }),
);

/** What `--json` prints. */
export const outcome = z.strictObject({
  lines: z.array(wanRule.extend({ from: z.string(), to: z.string() })),
});

/** Changes the network between two sites on this computer, and says how it is now. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const { application, owner } = session.world;
  const { nodesOf } = await import("../../lifecycle/topology.ts");
  const sites = [...new Set(nodesOf(application).map(({ site }) => site))];
  const [from, to] = [
    oneOf(sites, call.operands[0] ?? "", "site"),
    oneOf(sites, call.operands[1] ?? "", "site"),
  ];
  const rule = ruleOf(call.options);
  if (Object.keys(rule).length > 0) {
    await setWan({ owner, from, to, rule, oneWay: call.options.oneWay }, signal);
  }
  const [there, back] = await Promise.all([getWan(owner, from, to, signal), getWan(owner, to, from, signal)]);
  return {
    text: `${from} → ${to}  ${describe(there)}\n${to} → ${from}  ${describe(back)}`,
    json: {
      lines: [
        { from, to, ...there },
        { from: to, to: from, ...back },
      ],
    },
  };
}

/** Only what was named changes, except that healing undoes everything else. */
function ruleOf({ delay, jitter, loss, bandwidth, cut, heal }: Options): Partial<WanRule> {
  return {
    ...(heal === true ? perfectLine : {}),
    ...(delay === undefined ? {} : { delayMs: delay }),
    ...(jitter === undefined ? {} : { jitterMs: jitter }),
    ...(loss === undefined ? {} : { lossPercent: loss }),
    ...(bandwidth === undefined ? {} : { kbit: bandwidth }),
    ...(cut === true ? { cut: true } : {}),
  };
}

function describe({ delayMs, jitterMs, lossPercent, kbit, cut }: WanRule): string {
  if (cut) return "cut: nothing passes";
  const parts = [
    delayMs === 0 ? "no delay" : `${delayMs} ms delay`,
    ...(jitterMs === 0 ? [] : [`± ${jitterMs} ms`]),
    `${lossPercent}% loss`,
    kbit === 0 ? "no limit" : `${kbit} kbit/s`,
  ];
  return parts.join(" · ");
}
