import { expect, test } from "@jest/globals";
import { secret } from "../../core/secret.ts";
import { configFaults } from "../../lifecycle/config-faults.ts";
import { app } from "../../recipes/app/app.ts";
import { haproxy } from "../../recipes/haproxy.ts";
import { fakeApplication, fakeService } from "./fake-application.ts";

test("every file and secret that is missing is told at once, the balancer's too, and none is made", async () => {
  const web = app("web", {
    source: "./no-such-folder",
    run: ["./shop"],
    environment: {
      KEY: secret.env("HOTSITE_TEST_NOT_SET"),
      OTHER: secret.file("./no-such-key"),
      OWN: secret.generated(),
    },
  });
  const base = fakeApplication({ db: fakeService("db"), web });
  const lb = haproxy("lb", { stats: { password: secret.env("HOTSITE_TEST_NOT_SET") } });
  const application = { ...base, traffic: { ...base.traffic, balancer: lb } } as typeof base;
  // No generated secret can be kept there.
  const faults = await configFaults({ application, configFolder: "/srv/shop", stateFolder: "/dev/null" });
  expect(faults).toEqual([
    expect.objectContaining({ path: "services.web.source" }),
    {
      path: "services.web.environment.KEY",
      problem: "the environment variable HOTSITE_TEST_NOT_SET is not set",
      remedy: "export HOTSITE_TEST_NOT_SET=… and run the command again",
    },
    expect.objectContaining({
      path: "services.web.environment.OTHER",
      problem: expect.stringContaining("cannot read /srv/shop/no-such-key"),
    }),
    expect.objectContaining({ path: "services.lb.stats.password" }),
  ]);
});
