import { HotsiteError } from "../core/errors.ts";
import type { LinkEnds } from "../replication/link-ends.ts";
import { quoteString } from "../replication/literal.ts";
import { feederGrants } from "../replication/source-grants.ts";
import { applierGrants } from "../replication/target-grants.ts";
import { Target } from "../replication/target.ts";

export interface LinkGrants {
  readonly source: readonly string[];
  /** Undefined when it does not answer: what it calls its privileges depends on what it is. */
  readonly target: readonly string[] | undefined;
}

/** The least that the users of a link need on the two servers, as statements. */
export async function grantsFor(
  { source, target, databases }: LinkEnds,
  signal: AbortSignal,
): Promise<LinkGrants> {
  const version = await versionOfTarget(target, signal);
  return {
    source: feederGrants(`${quoteString(source.user)}@'%'`, databases),
    target: version && applierGrants(version, `${quoteString(target.user)}@'%'`, databases),
  };
}

export function grantsText({ source, target }: LinkGrants): string {
  const part = (title: string, grants: readonly string[]): readonly string[] => [
    `  ${title}`,
    ...grants.map((grant) => `    ${grant};`),
  ];
  const there =
    target === undefined ? ["  at the target: it does not answer"] : part("at the target", target);
  return [...part("at the source", source), ...there].join("\n");
}

async function versionOfTarget(
  target: LinkEnds["target"],
  signal: AbortSignal,
): Promise<Target["version"] | undefined> {
  try {
    await using connection = await Target.ask(target, signal);
    return connection.version;
  } catch (error) {
    if (error instanceof HotsiteError) return undefined;
    throw error;
  }
}
