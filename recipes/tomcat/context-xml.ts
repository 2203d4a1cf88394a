import { Secret } from "../../core/secret.ts";
import type { RecipeContext } from "../../core/recipe.ts";
import { xmlAttribute } from "./escape.ts";
import type { WarParams } from "./war-params.ts";

/** Tomcat's description of one application: where it is, what lies over it, and its data sources. Holds their passwords. */
export function contextXml(
  context: RecipeContext<WarParams>,
  { docBase, overlay }: { docBase: string; overlay: string | undefined },
): Secret {
  const resources = Object.entries(context.params.dataSources).map(([name, source]) =>
    resource(context, name, source),
  );
  const laid =
    overlay === undefined
      ? ""
      : `  <Resources>\n    <PreResources${attributes({ className: "org.apache.catalina.webresources.DirResourceSet", base: overlay, webAppMount: "/" })}/>\n  </Resources>\n`;
  return new Secret(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Context${attributes({ docBase })}>\n${laid}${resources.join("")}</Context>\n`,
  );
}

function resource(
  context: RecipeContext<WarParams>,
  name: string,
  { jdbc, maxTotal, minIdle, maxWaitMs }: WarParams["dataSources"][string],
): string {
  const { driver, url, user, password } = context.value(jdbc);
  const values = {
    ...{ name, auth: "Container", type: "javax.sql.DataSource", driverClassName: driver },
    ...{ url, username: user, password: password.reveal() },
    ...{ maxTotal, maxIdle: maxTotal, minIdle, maxWaitMillis: maxWaitMs },
    // Connections are ended when a database changes its role: a dead one must not reach a request.
    ...{ testOnBorrow: true, validationQuery: "SELECT 1", validationQueryTimeout: 3 },
  };
  return `  <Resource${attributes(values)}/>\n`;
}

function attributes(values: Readonly<Record<string, string | number | boolean>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${xmlAttribute(String(value))}"`)
    .join("");
}
