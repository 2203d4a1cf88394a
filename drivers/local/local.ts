import type { Cloud, Priced } from "../../core/application.ts";
import type { LocalTemplate } from "./template.ts";

/** Machines on this computer: containers that boot like machines, each site a subnet of its own. */
export function local(template: LocalTemplate & Priced = {}): Cloud {
  return {
    kind: "local",
    template: { ...template },
    open: async () => {
      const { LocalDriver } = await import("./driver.ts");
      return new LocalDriver();
    },
  };
}
