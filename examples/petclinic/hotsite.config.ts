// A small clinic on two sites of this machine. `hotsite install` brings it up, `hotsite drill --live site-power-off` proves that it survives.
import { application, haproxy, local, mysql, petclinic, petclinicDatabase, secret } from "hotsite";

const db = mysql("db", {
  databases: { petclinic: petclinicDatabase },
  users: { clinic: { password: secret.generated(), grants: { petclinic: "ALL" } } },
});

const web = petclinic("web", { database: db.jdbc("petclinic", "clinic") });

export default application("petclinic", {
  sites: {
    east: { role: "primary", cloud: local() },
    west: { role: "standby", cloud: local() },
  },
  services: [db, web],
  traffic: { balancer: haproxy("balancer", { port: 8080 }), to: web.https },
  edge: { cloud: local() }, // balancer and witness: in neither site
  replication: { of: db, through: "embedded" },
  protection: { maxLossTransactions: 100, maxOutageSeconds: 60 },
});
