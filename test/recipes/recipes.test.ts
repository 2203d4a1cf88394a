import { describe, expect, test } from "@jest/globals";
import { gatewayConfig } from "../../replication/gateway/config.ts";
import { witnessConfig } from "../../replication/witness/config.ts";
import { describeRecipe, type Example } from "./contract.ts";
import {
  archiveExample,
  databaseExample,
  gatewayExample,
  haproxyExample,
  kafkaExample,
  petclinicExample,
  tomcatExample,
  warExample,
  witnessExample,
} from "./examples.ts";

describeRecipe("mysql, replicated", () => databaseExample());
describeRecipe("mysql, on a standby", () => databaseExample("standby"));
describeRecipe("mysql, alone", () => databaseExample("primary", {}));
describeRecipe("tomcat", tomcatExample);
describeRecipe("war", warExample);
describeRecipe("war on a Tomcat from an archive", archiveExample);
describeRecipe("petclinic", petclinicExample);
describeRecipe("haproxy", haproxyExample);
describeRecipe("gateway", gatewayExample);
describeRecipe("kafka", kafkaExample);
describeRecipe("witness", witnessExample);

describe("programs of our own", () => {
  test("the gateway reads what its recipe writes", () => {
    const config = gatewayConfig.parse(
      JSON.parse(fileOf(gatewayExample(), "/etc/hotsite/gateway/gateway.json")),
    );
    expect(config).toMatchObject({
      site: "east",
      source: { user: "hotsite_feeder", ca: "/etc/hotsite/gateway/ca.pem" },
      target: { user: "hotsite_applier" },
      databases: ["petclinic"],
    });
    expect(config.stateFolder).toBe("/var/lib/hotsite-gateway");
  });

  test("the witness reads what its recipe writes", () => {
    const config = witnessConfig.parse(
      JSON.parse(fileOf(witnessExample(), "/etc/hotsite/witness/witness.json")),
    );
    expect(config).toMatchObject({ port: 7443, key: "/run/hotsite-witness/credentials/key" });
  });

  test("another build lies beside the one in use, which is told apart by its hash", () => {
    expect(fileOf(gatewayExample(), "/opt/hotsite/gateway/bin/gateway")).toContain(
      `/opt/hotsite/gateway/${"ab".repeat(32)}/bin/node /opt/hotsite/gateway/${"cd".repeat(32)}/main.mjs gateway "$@"`,
    );
  });
});

function fileOf({ service, context }: Example, path: string): string {
  const found = service.recipe.plan(context).files.find((file) => file.path === path);
  return found?.content as string;
}
