import { readFileSync } from "node:fs";
import { application, byon, command, defineRecipe, file, httpOk, systemd } from "hotsite";
import { z } from "zod";

/** Written by the bench: how many nodes, and where they are. */
const { hosts, key } = z
  .object({ hosts: z.array(z.object({ host: z.string(), port: z.number() })), key: z.string() })
  .parse(JSON.parse(readFileSync(new URL("hosts.json", import.meta.url), "utf8")));

const part = (name: string) => ({ local: new URL(`stack/${name}`, import.meta.url).pathname });
const root = "/var/lib/tomcat10/webapps/ROOT";

const page = defineRecipe("page", {
  params: z.strictObject({}),
  packages: ["tomcat10"],
  files: [
    file("/etc/default/tomcat10", part("tomcat10"), { restarts: true }),
    file(`${root}/index.jsp`, part("index.jsp"), { restarts: true }),
    file(`${root}/WEB-INF/web.xml`, part("web.xml"), { restarts: true }),
  ],
  service: systemd("tomcat10"),
  hooks: { afterUninstall: [command("rm", "-rf", root)] },
  ready: httpOk("http://127.0.0.1:8080/"),
});

export default application("bench", {
  sites: { here: { role: "primary", cloud: byon({ hosts, user: "root", key }) } },
  services: [page("web", { instances: { initial: hosts.length, max: hosts.length } })],
});
