// The same clinic with the log of its link in Kafka: `hotsite --config kafka.config.ts install`.
import { application, haproxy, kafka, local, mysql, petclinic, petclinicDatabase, secret } from "hotsite";

const db = mysql("db", {
  databases: { petclinic: petclinicDatabase },
  users: { clinic: { password: secret.generated(), grants: { petclinic: "ALL" } } },
});

const web = petclinic("web", { database: db.jdbc("petclinic", "clinic") });

// One broker in each site; with `instances: { initial: 3 }` one of three may be lost.
const log = kafka("log", { heap: "256MB" });

export default application("petclinic", {
  sites: {
    east: { role: "primary", cloud: local() },
    west: { role: "standby", cloud: local() },
  },
  services: [db, web, log],
  traffic: { balancer: haproxy("balancer", { port: 8080 }), to: web.https },
  edge: { cloud: local() }, // balancer and witness: in neither site
  replication: { of: db, through: log },
  protection: { maxLossTransactions: 100, maxOutageSeconds: 60 },
});
