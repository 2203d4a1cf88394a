// `hotsite driver test` holds the driver against what every driver promises, on real machines.
import { driverTest } from "hotsite";
import { examplecloud } from "./driver.ts";

export default driverTest({
  cloud: examplecloud(),
  // A template with two faults, and where `validate` says that they are.
  faulty: {
    template: { memory: "2GB", cpus: -1 },
    paths: ["sites.east.cloud.memory", "sites.east.cloud.cpus"],
  },
  // A machine that the cloud has no room for.
  tooBig: { memoryMb: 1_000_000_000 },
});
