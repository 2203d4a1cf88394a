// An application on two sites: east serves, west follows and takes over when east is lost.
// `hotsite plan` says what will be done, `hotsite install` does it, `hotsite drill` proves it.
import { application, haproxy, local, mysql, secret, war } from "hotsite";

// A database server per site. The one of the standby is read-only and follows the primary's.
const db = mysql("db", {
  databases: { shop: {} }, // with data at first: { seed: ["sql/schema.sql", "sql/data.sql"] }
  users: { shop: { password: secret.generated(), grants: { shop: "ALL" } } },
});

// The web application, on Tomcat. Using `db.jdbc(…)` is what makes it depend on the database.
const web = war("web", {
  war: "./app", // a .war file, or a folder that holds what a .war would
  dataSources: { "jdbc/shop": db.jdbc("shop", "shop") },
  health: "/", // answers 2xx once the application works
  startsReadOnly: true, // false: the standby's web tier is started after promotion
  instances: { initial: 1 },
});

export default application("shop", {
  sites: {
    east: { role: "primary", cloud: local() }, // local(): machines on this computer
    west: { role: "standby", cloud: local() },
  },
  services: [db, web],
  // Balancer and witness stand in a third small place, so that losing a site loses neither.
  edge: { cloud: local() },
  traffic: { balancer: haproxy("lb", {}), to: web.http },
  replication: { of: db, through: "embedded" },
  // What a drill is held against.
  protection: { maxLossTransactions: 100, maxOutageSeconds: 60 },
});
