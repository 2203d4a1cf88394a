import { quoteString } from "../replication/literal.ts";
import { applierGrants } from "../replication/schema.ts";
import { feederGrants } from "../replication/source-grants.ts";
import type { LinkDeclaration } from "../replication/standalone/spec.ts";

export interface LinkGrants {
  readonly source: readonly string[];
  readonly target: readonly string[];
}

/** The least that the users of a link need on the two servers, as statements. */
export function grantsOf({ source, target, databases }: LinkDeclaration): LinkGrants {
  return {
    source: feederGrants(`${quoteString(source.user)}@'%'`, databases),
    target: applierGrants(`${quoteString(target.user)}@'%'`, databases),
  };
}

export function grantsText({ source, target }: LinkGrants): string {
  const part = (title: string, grants: readonly string[]): readonly string[] => [
    `  ${title}`,
    ...grants.map((grant) => `    ${grant};`),
  ];
  return [...part("at the source", source), ...part("at the target", target)].join("\n");
}
