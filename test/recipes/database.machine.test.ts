import { describeDatabase } from "./database-on-machine.ts";

describeDatabase("MySQL out of Debian's development suite", {
  params: { flavour: "mysql", memory: "256MB" },
  version: "9.",
  process: "ld-linux-x86-64",
  // The node's own is installed from its cache, without a network.
  stranger: {
    params: { flavour: "mariadb" },
    elsewhere: true,
    refusal: /the data of clinic\/db is in .*written by mysql 9/,
  },
});
