import type { Cloud, Priced } from "../../core/application.ts";
import type { ByonTemplate, PoolOptions } from "./options.ts";

/** What `byon({…})` takes. */
export type ByonOptions = PoolOptions & ByonTemplate & Priced;

/** Hosts that are there already, reached over SSH: launching claims one, destroying hands it back as it was. */
export function byon({ labels, price, ...options }: ByonOptions): Cloud {
  return {
    kind: "byon",
    template: { ...(labels && { labels }), ...(price && { price }) },
    open: async (scope) => {
      const { ByonDriver } = await import("./driver.ts");
      return new ByonDriver(options, scope);
    },
  };
}
