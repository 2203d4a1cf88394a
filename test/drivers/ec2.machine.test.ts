import { afterAll, beforeAll, jest } from "@jest/globals";
import { Ec2Driver } from "../../drivers/ec2/driver.ts";
import { describeDriver } from "./conformance.ts";
import { debianOwner, Emulator, scarceType } from "./ec2/emulator.ts";
import type { DriverLab } from "./lab.ts";

jest.setTimeout(120_000);

let emulator: Emulator;

beforeAll(async () => {
  emulator = await Emulator.open("machine");
}, 600_000);

afterAll(async () => {
  await emulator[Symbol.asyncDispose]();
});

const lab: DriverLab = {
  open: () => Promise.resolve(new Ec2Driver(emulator.options, { pollMs: 150 })),
  sites: ["east", "west"],
  get template() {
    return emulator.options;
  },
  get faulty() {
    return {
      template: { ...emulator.options, type: "t99.huge", image: "ami-00000000000000000" },
      paths: ["sites.east.cloud.type", "sites.east.cloud.image"],
    };
  },
  get tooBig() {
    return { ...emulator.options, type: scarceType };
  },
  get failing() {
    return { ...emulator.options, image: "broken-1", imageOwner: debianOwner };
  },
  leftovers: (owner) => emulator.leftovers(owner),
};

describeDriver("ec2", lab);
