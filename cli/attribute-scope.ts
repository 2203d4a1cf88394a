import type { Application } from "../core/application.ts";
import { HotsiteError } from "../core/errors.ts";
import type { AttributeScope } from "../lifecycle/attributes.ts";
import { nodesOf } from "../lifecycle/topology.ts";
import { oneOf } from "./target.ts";

const hint = "name one: global, application, service:web, node:east/web-1";

/** Whose attribute is meant: `global`, `application`, `service:web`, `node:east/web-1`. Throws `HotsiteError` "usage". */
export function attributeScope(application: Application, text: string): AttributeScope {
  const [level, name = "", service] = text.split(":");
  if (text === "global" || text === "application") return { level: text };
  if (level === "service") return { level, service: oneOf(servicesOf(application), name, "service") };
  if (level === "node") return instanceScope(application, name, service);
  const known = [
    ...servicesOf(application).map((service) => `service:${service}`),
    ...nodesOf(application).map((node) => `node:${node.site}/${node.name}`),
  ];
  const meant = known.find((scope) => scope.endsWith(`:${text}`));
  const guess = meant === undefined ? "" : `; did you mean ${meant}?`;
  throw new HotsiteError("usage", `attributes do not belong to "${text}"${guess}`, { hint });
}

/** The same the other way round. */
export function scopeText(scope: AttributeScope): string {
  switch (scope.level) {
    case "service":
      return `service:${scope.service}`;
    case "instance":
      return `node:${scope.site}/${scope.name}:${scope.service}`;
    default:
      return scope.level;
  }
}

/** What runs on a node; where that is more than one service, it is named behind the node. */
function instanceScope(application: Application, node: string, service: string | undefined): AttributeScope {
  const specs = nodesOf(application);
  const known = specs.map(({ site, name }) => `${site}/${name}`);
  const spec = specs[known.indexOf(oneOf(known, node, "node"))];
  const services = spec?.services.map((placement) => placement.service.name) ?? [];
  const only = services.length === 1 ? services[0] : undefined;
  const wanted = service ?? only;
  if (spec === undefined || wanted === undefined) {
    throw new HotsiteError("usage", `${node} runs ${services.join(" and ")}`, {
      hint: `say which one: node:${node}:${services[0] ?? "web"}`,
    });
  }
  const { site, name } = spec;
  return { level: "instance", site, name, service: oneOf(services, wanted, `service on ${node}`) };
}

function servicesOf(application: Application): readonly string[] {
  const placed = nodesOf(application).flatMap(({ services }) => services.map(({ service }) => service.name));
  return [...new Set([...application.services.map(({ name }) => name), ...placed])];
}
