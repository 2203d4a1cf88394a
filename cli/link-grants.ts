import { HotsiteError } from "../core/errors.ts";
import type { LinkEnds } from "../replication/link-ends.ts";
import type { ServerVersion } from "../replication/flavour.ts";
import { quoteString } from "../replication/literal.ts";
import { feederGrants } from "../replication/source-grants.ts";
import { Source } from "../replication/source.ts";
import { applierGrants } from "../replication/target-grants.ts";
import { Target } from "../replication/target.ts";

export interface LinkGrants {
  /** Undefined when it does not answer: what it calls its privileges depends on what it is. */
  readonly source: readonly string[] | undefined;
  readonly target: readonly string[] | undefined;
}

/** The least that the users of a link need on the two servers, as statements. */
export async function grantsFor(
  { source, target, databases, selection }: LinkEnds,
  signal: AbortSignal,
): Promise<LinkGrants> {
  const [from, to] = await Promise.all([
    versionAt(() => Source.open(source, signal)),
    versionAt(() => Target.ask(target, signal)),
  ]);
  return {
    source: from && feederGrants(from, `${quoteString(source.user)}@'%'`, databases),
    target: to && applierGrants(to, `${quoteString(target.user)}@'%'`, selection.databasesAtTarget),
  };
}

export function grantsText({ source, target }: LinkGrants): string {
  const part = (place: string, grants: readonly string[] | undefined): readonly string[] =>
    grants === undefined
      ? [`  at the ${place}: it does not answer`]
      : [`  at the ${place}`, ...grants.map((grant) => `    ${grant};`)];
  return [...part("source", source), ...part("target", target)].join("\n");
}

async function versionAt(
  open: () => Promise<AsyncDisposable & { readonly version: ServerVersion }>,
): Promise<ServerVersion | undefined> {
  try {
    await using connection = await open();
    return connection.version;
  } catch (error) {
    if (error instanceof HotsiteError) return undefined;
    throw error;
  }
}
