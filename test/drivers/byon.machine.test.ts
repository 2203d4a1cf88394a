import { afterAll, beforeAll, jest } from "@jest/globals";
import type { ByonDriver } from "../../drivers/byon/driver.ts";
import { describeDriver } from "./conformance.ts";
import { Metal } from "./byon/metal.ts";

jest.setTimeout(120_000);

let metal: Metal;

beforeAll(async () => {
  metal = await Metal.make(6, AbortSignal.timeout(110_000));
  // Its user may log in and become root, but has no home where a key could be put.
  await metal.hosts[5]?.as(`
    mkdir /etc/ssh/keys && mv /home/ops/.ssh/authorized_keys /etc/ssh/keys/ops
    echo 'AuthorizedKeysFile /etc/ssh/keys/%u' >>/etc/ssh/sshd_config.d/10-hotsite.conf
    usermod --home /proc/ops ops 2>/dev/null
    systemctl reload ssh`);
}, 120_000);

afterAll(async () => metal[Symbol.asyncDispose]());

describeDriver("byon", {
  open: () => Promise.resolve(open()),
  sites: ["east", "west"],
  template: {},
  faulty: {
    template: { labels: "ssd", memory: "2GB" },
    paths: ["sites.east.cloud.labels", "sites.east.cloud.memory"],
  },
  tooBig: { labels: ["huge"] },
  failing: { labels: ["broken"] },
  leftovers: (owner) => metal.traces(owner),
});

function open(): ByonDriver {
  const hosts = metal.hosts.map((host, index) =>
    metal.option(host, index === 5 ? { labels: ["broken"] } : {}),
  );
  return metal.driver({ hosts });
}
