// A list of links in Python, with its database, behind a balancer: an application that is no Java, on one site of this machine.
import { app, application, haproxy, local, mysql, secret } from "hotsite";

const db = mysql("db", {
  databases: { links: { seed: ["sql/schema.sql"] } },
  users: { links: { password: secret.generated(), grants: { links: ["SELECT", "INSERT"] } } },
});

const database = db.jdbc("links", "links");

const web = app("web", {
  source: "./app",
  run: ["/usr/bin/python3", "-u", "server.py"],
  packages: ["python3-pymysql"],
  port: 8000,
  health: "/health",
  startsReadOnly: true, // it connects when it is asked, so it starts beside any database
  environment: {
    DB_HOST: database.host,
    DB_PORT: database.port,
    DB_USER: database.user,
    DB_PASSWORD: database.password,
    DB_NAME: "links",
    DB_CA: "/etc/hotsite/ca.pem", // of the application: the database's certificate is checked
  },
  memory: "128MB",
  instances: { initial: 2, max: 6 },
});

export default application("links", {
  sites: { east: { role: "primary", cloud: local() } },
  services: [db, web],
  traffic: { balancer: haproxy("balancer", { port: 8080 }), to: web.http, health: "/health" },
  edge: { cloud: local() },
});
