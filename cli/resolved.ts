import type { Application } from "../core/application.ts";
import { Ref } from "../core/recipe.ts";
import { Secret, type SecretSource } from "../core/secret.ts";
import { LocalPath } from "../recipes/local-path.ts";
import { isSecretSource } from "../recipes/secrets.ts";

/** A config with all its defaults, as plain data: secrets by where they come from, endpoints by their names. */
export function resolvedConfig(application: Application): Readonly<Record<string, unknown>> {
  const { sites, services, edge, traffic, replication } = application;
  return {
    name: application.name,
    sites: Object.fromEntries(
      sites.map(({ name, cloud, ...site }) => [name, { ...site, cloud: cloudOf(cloud) }]),
    ),
    edge: edge && { cloud: cloudOf(edge.cloud) },
    services: Object.fromEntries(
      services.map(({ name, recipe, params, instances, on, machine }) => [
        name,
        plain({ recipe: recipe.name, params, instances, on, machine }),
      ]),
    ),
    traffic: traffic && {
      balancer: {
        name: traffic.balancer.name,
        recipe: traffic.balancer.recipe.name,
        params: plain(traffic.balancer.params),
      },
      to: traffic.to.label,
      health: traffic.health,
      healthStatuses: traffic.healthStatuses,
    },
    replication: replication && {
      of: replication.of.name,
      through: throughOf(replication),
      ...(replication.through === "embedded" && { logLimit: limitOf(replication) }),
    },
    protection: application.protection,
  };
}

function throughOf({ through }: NonNullable<Application["replication"]>): string {
  return through === "embedded" ? through : through.name;
}

/** In megabytes, as other sizes. */
function limitOf({ gateway }: NonNullable<Application["replication"]>): unknown {
  return (gateway.params as { readonly logLimit: number }).logLimit;
}

function cloudOf({ kind, template }: Application["sites"][number]["cloud"]): unknown {
  return { kind, ...Object(plain(template)) };
}

/** Names behind which people keep what nobody else may see, also where a secret was not asked for. */
const PRIVATE = /passw|passphrase|secret|token/i;

function plain(value: unknown, name = ""): unknown {
  if (value instanceof Ref) return value.label;
  if (value instanceof LocalPath) return value.path;
  if (value instanceof Secret) return String(value);
  if (typeof value === "function") return "a function";
  if (isSecretSource(value)) return sourceText(value);
  if (Array.isArray(value)) return value.map((one: unknown) => plain(one, name));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one, key)]));
  }
  return typeof value === "string" && PRIVATE.test(name) ? "[secret]" : value;
}

/** Where it comes from; of a command only the program, since its arguments may tell more than they should. */
function sourceText(source: SecretSource): string {
  switch (source.kind) {
    case "env":
      return `secret.env(${source.variable})`;
    case "file":
      return `secret.file(${source.path})`;
    case "command":
      return `secret.command(${source.argv[0] ?? ""} …)`;
    case "generated":
      return `secret.generated(${source.length})`;
  }
}
