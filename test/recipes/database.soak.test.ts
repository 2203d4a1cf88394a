import { describeDatabase } from "./database-on-machine.ts";

describeDatabase("MariaDB of another Debian release", {
  params: { source: { debian: "trixie" }, version: "11.8", memory: "256MB" },
  version: "11.8.",
  process: "ld-linux-x86-64",
  stranger: {
    params: { flavour: "mysql", source: { debian: "sid" }, version: "9.7" },
    elsewhere: false,
    refusal: /written by mariadb 11\.8.* and cannot be read by/,
  },
});

describeDatabase("the node's own MariaDB", {
  params: { memory: "256MB" },
  version: "10.11.",
  process: "mariadbd",
  stranger: {
    params: { source: { debian: "trixie" } },
    elsewhere: true,
    refusal: /the data of .* is in \/var\/lib\/mysql, written by .* from another source/,
  },
});
