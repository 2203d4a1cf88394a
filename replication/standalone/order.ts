import { formatPosition, joinPositions, ofOrigin, parsePosition } from "../../core/position.ts";
import type { LinkOrder } from "../../core/protection.ts";
import { readFacts, type ServerFacts } from "../checkpoint.ts";
import type { LinkEnds } from "../link-ends.ts";
import { quoteString } from "../literal.ts";
import { Source } from "../source.ts";
import { sourceState } from "../start-position.ts";
import { Target } from "../target.ts";
import { ensureOwnSchema } from "./own-schema.ts";
import type { LinkDeclaration } from "./spec.ts";

/** The target's side of every link; the source's side has the link's name. */
export const targetSite = "target";

interface Kept {
  readonly stream: string;
  readonly epoch: number;
  readonly position: string;
}

/**
 * The order of a link whose state folder has none. When the target has a checkpoint of it, the folder was lost: it goes on from there.
 * Otherwise it begins as declared. Makes the schema `hotsite` where it is missing.
 */
export async function firstOrder(
  declaration: LinkDeclaration,
  ends: LinkEnds,
  signal: AbortSignal,
): Promise<LinkOrder> {
  await using target = await Target.open(ends.target, signal);
  await using source = await Source.open(ends.source, signal);
  await ensureOwnSchema(target, "target");
  await ensureOwnSchema(source, "source");
  const kept = await keptCheckpoint(target, declaration.name);
  // A log in Kafka outlives the folder, and the stream goes on where it ends.
  if (kept !== undefined && declaration.log.kind === "kafka") {
    return orderOf(declaration, kept.epoch, { begin: "copy", start: "" });
  }
  const facts = await readFacts(target);
  const epoch = Math.max(facts.promoted, facts.streamed) + 1;
  const from = kept?.position || (await declaredStart(declaration, source));
  if (from === undefined) return orderOf(declaration, epoch, { begin: "copy", start: "" });
  return orderOf(declaration, epoch, { begin: "stream", start: withOwn(from, facts) });
}

/** The order of a new first copy, which replaces whatever the target has. */
export async function reseedOrder(
  declaration: LinkDeclaration,
  known: LinkOrder | undefined,
  ends: LinkEnds,
  signal: AbortSignal,
): Promise<LinkOrder> {
  await using target = await Target.open(ends.target, signal);
  await ensureOwnSchema(target, "target");
  const { promoted, streamed } = await readFacts(target);
  const epoch = Math.max(promoted, streamed, known?.epoch ?? 0) + 1;
  return orderOf(declaration, epoch, { begin: "copy", start: "" });
}

/**
 * The order of a link whose log is declared in another place than before: a new stream from exactly what the target has, or a new first copy
 * when that of the known stream was not complete.
 */
export async function movedOrder(
  declaration: LinkDeclaration,
  known: LinkOrder,
  ends: LinkEnds,
  signal: AbortSignal,
): Promise<LinkOrder> {
  await using target = await Target.open(ends.target, signal);
  const kept = await keptCheckpoint(target, declaration.name);
  const facts = await readFacts(target);
  const epoch = Math.max(facts.promoted, facts.streamed, known.epoch) + 1;
  const begun = known.begin === "stream" ? known.start : "";
  const applied = kept?.stream === known.stream ? kept.position : begun;
  if (applied === "") return orderOf(declaration, epoch, { begin: "copy", start: "" });
  return orderOf(declaration, epoch, { begin: "stream", start: withOwn(applied, facts) });
}

function orderOf(
  { name }: LinkDeclaration,
  epoch: number,
  how: Pick<LinkOrder, "begin" | "start">,
): LinkOrder {
  return { stream: `${name}/${epoch}`, epoch, from: name, to: targetSite, ...how };
}

/** Undefined: with a first copy. */
async function declaredStart({ firstCopy }: LinkDeclaration, source: Source): Promise<string | undefined> {
  if (firstCopy === true) return undefined;
  return firstCopy === false ? formatPosition((await sourceState(source)).position) : firstCopy.from;
}

/** What the target has written itself is no divergence: a dump that was loaded there, say. */
function withOwn(start: string, { position, origin }: ServerFacts): string {
  const [from, own] = [parsePosition(start), ofOrigin(parsePosition(position), origin)];
  // Two kinds of servers know nothing of each other's positions.
  const alike = from.form === own.form || from.form === "empty" || own.form === "empty";
  return alike ? formatPosition(joinPositions(from, own)) : start;
}

async function keptCheckpoint(target: Target, name: string): Promise<Kept | undefined> {
  const [row] = await target.rows<{ stream: string; epoch: string | number; position: string }>(
    `SELECT stream, epoch, position FROM hotsite.checkpoint WHERE stream LIKE ${quoteString(`${name}/%`)} ORDER BY epoch DESC LIMIT 1`,
  );
  return row && { ...row, epoch: Number(row.epoch) };
}
