import type { Cloud } from "../../core/application.ts";
import type { ByonTemplate, PoolOptions } from "./options.ts";

/** What `byon({…})` takes. */
export type ByonOptions = PoolOptions & ByonTemplate;

/** Hosts that are there already, reached over SSH: launching claims one, destroying hands it back as it was. */
export function byon({ labels, ...options }: ByonOptions): Cloud {
  return {
    kind: "byon",
    template: { ...(labels && { labels }) },
    open: async (scope) => {
      const { ByonDriver } = await import("./driver.ts");
      return new ByonDriver(options, scope);
    },
  };
}
