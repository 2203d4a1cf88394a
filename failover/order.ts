import type { LinkOrder } from "../core/protection.ts";
import type { ProtectionWorld } from "./world.ts";

/** A link order with its stream: each epoch has its own, so that sequence numbers never meet those of an older one. */
export function orderFor(
  { application }: Pick<ProtectionWorld, "application">,
  order: Omit<LinkOrder, "stream">,
): LinkOrder {
  return {
    ...order,
    stream: `${application.name}/${application.replication?.of.name ?? "db"}/${order.epoch}`,
  };
}
