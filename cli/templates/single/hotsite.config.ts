// An application on one site, without a standby.
// `hotsite plan` says what will be done, `hotsite install` does it.
import { application, haproxy, local, mysql, secret, war } from "hotsite";

const db = mysql("db", {
  databases: { shop: {} }, // with data at first: { seed: ["sql/schema.sql", "sql/data.sql"] }
  users: { shop: { password: secret.generated(), grants: { shop: "ALL" } } },
});

// The web application, on Tomcat. Using `db.jdbc(…)` is what makes it depend on the database.
const web = war("web", {
  war: "./app", // a .war file, or a folder that holds what a .war would
  dataSources: { "jdbc/shop": db.jdbc("shop", "shop") },
  health: "/", // answers 2xx once the application works
});

export default application("shop", {
  sites: { east: { role: "primary", cloud: local() } }, // local(): machines on this computer
  services: [db, web],
  // What people reach, on a small machine of its own: `hotsite status` tells the address.
  edge: { cloud: local() },
  traffic: { balancer: haproxy("lb", {}), to: web.http },
});
