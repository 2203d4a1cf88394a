import type { Cloud, Priced } from "../../core/application.ts";
import type { Ec2Options } from "./template.ts";

/** Machines of Amazon EC2, or of a cloud that speaks its API. */
export function ec2(options: Ec2Options & Priced): Cloud {
  return {
    kind: "ec2",
    template: { ...options },
    open: async () => {
      const { Ec2Driver } = await import("./driver.ts");
      return new Ec2Driver(options);
    },
  };
}
