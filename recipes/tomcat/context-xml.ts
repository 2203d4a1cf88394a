import type { RecipeContext } from "../../core/recipe.ts";
import { Secret } from "../../core/secret.ts";
import { resolveText, reveal, type Text } from "../text.ts";
import { xmlAttributes, type Attributes } from "./escape.ts";
import type { WarParams } from "./war-params.ts";

type Context = RecipeContext<WarParams>;

/** Tomcat's description of one application: where it is, what lies over it, and what it finds in JNDI. Holds passwords. */
export function contextXml(
  context: Context,
  { docBase, overlay }: { docBase: string; overlay: string | undefined },
): Secret {
  const { dataSources, resources, entries, contextParameters, contextAttributes } = context.params;
  const parts = [
    ...(overlay === undefined ? [] : [laidOver(overlay)]),
    ...Object.entries(dataSources).map(([name, source]) => element("Resource", pool(context, name, source))),
    ...Object.entries(resources).map(([name, { type, attributes }]) =>
      element("Resource", { name, auth: "Container", type, ...resolved(context, attributes) }),
    ),
    ...Object.entries(entries).map(([name, value]) => element("Environment", entry(context, name, value))),
    ...Object.entries(resolved(context, contextParameters)).map(([name, value]) =>
      element("Parameter", { name, value, override: false }),
    ),
    reveal(resolveText(context, context.params.contextElements)),
  ];
  const attributes = xmlAttributes({ ...resolved(context, contextAttributes), docBase });
  return new Secret(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Context${attributes}>\n${parts.join("")}</Context>\n`,
  );
}

function laidOver(base: string): string {
  const set = { className: "org.apache.catalina.webresources.DirResourceSet", base, webAppMount: "/" };
  return `  <Resources>\n    <PreResources${xmlAttributes(set)}/>\n  </Resources>\n`;
}

function pool(context: Context, name: string, source: WarParams["dataSources"][string]): Attributes {
  const { jdbc, maxTotal, minIdle, maxWaitMs, options } = source;
  const { driver, url, user, password } = context.value(jdbc);
  return {
    ...{ name, auth: "Container", type: "javax.sql.DataSource", driverClassName: driver },
    ...{ url, username: user, password: password.reveal() },
    ...{ maxTotal, maxIdle: maxTotal, minIdle, maxWaitMillis: maxWaitMs },
    // Connections are ended when a database changes its role: a dead one must not reach a request.
    ...{ testOnBorrow: true, validationQuery: "SELECT 1", validationQueryTimeout: 3 },
    ...resolved(context, options),
  };
}

function entry(context: Context, name: string, value: Text): Attributes {
  return { name, type: javaType(value), value: reveal(resolveText(context, value)), override: false };
}

function javaType(value: Text): string {
  if (typeof value === "boolean") return "java.lang.Boolean";
  if (typeof value !== "number") return "java.lang.String";
  return Number.isInteger(value) ? "java.lang.Integer" : "java.lang.Double";
}

function resolved(context: Context, values: Readonly<Record<string, Text>>): Attributes {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, reveal(resolveText(context, value))]),
  );
}

function element(name: string, attributes: Attributes): string {
  return `  <${name}${xmlAttributes(attributes)}/>\n`;
}
