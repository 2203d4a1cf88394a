import { formatPosition, joinPositions, ofOrigin, parsePosition } from "../../core/position.ts";
import { PreflightError } from "../../core/errors.ts";
import type { LinkOrder } from "../../core/protection.ts";
import { readFacts, type ServerFacts } from "../checkpoint.ts";
import { identityOf } from "../identity.ts";
import type { LinkEnds } from "../link-ends.ts";
import { quoteString } from "../literal.ts";
import { Source } from "../source.ts";
import { sourceState } from "../start-position.ts";
import { Target } from "../target.ts";
import { Selection } from "../selection/selection.ts";
import { requireSelection } from "../selection/require.ts";
import { presentDatabases } from "./check.ts";
import { ensureOwnSchema } from "./own-schema.ts";
import { selectionOf } from "./selection-of.ts";
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
  if (kept !== undefined)
    requireSelection(await keptSelection(target, kept.stream), selectionOf(declaration));
  // A log in Kafka outlives the folder, and the stream goes on where it ends.
  if (kept !== undefined && declaration.log.kind === "kafka") {
    return await orderOf(target, declaration, kept.epoch);
  }
  const facts = await readFacts(target);
  const epoch = Math.max(facts.promoted, facts.streamed) + 1;
  const from = kept?.position || (await declaredStart(declaration, source));
  return await orderOf(target, declaration, epoch, from);
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
  await refuseOthers(target, declaration, known);
  const { promoted, streamed } = await readFacts(target);
  const epoch = Math.max(promoted, streamed, known?.epoch ?? 0) + 1;
  return await orderOf(target, declaration, epoch);
}

/** A new first copy replaces what the link has brought; what else has a name that is declared now is somebody's own. */
async function refuseOthers(
  target: Target,
  declaration: LinkDeclaration,
  known: LinkOrder | undefined,
): Promise<void> {
  const kept = await keptCheckpoint(target, declaration.name);
  const begun = known ?? (kept && (await keptSelection(target, kept.stream)));
  if (declaration.replaceTarget || begun?.selection === undefined) return;
  const brought = Selection.databasesAtTarget(begun.selection);
  const added = selectionOf(declaration).databasesAtTarget.filter((name) => !brought.includes(name));
  const faults = await presentDatabases(target, added);
  if (faults.length > 0) throw new PreflightError(`link("${declaration.name}") cannot begin anew`, faults);
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
  await ensureOwnSchema(target, "target");
  const kept = await keptCheckpoint(target, declaration.name);
  const facts = await readFacts(target);
  const epoch = Math.max(facts.promoted, facts.streamed, known.epoch) + 1;
  const begun = known.begin === "stream" ? known.start : "";
  const applied = kept?.stream === known.stream ? kept.position : begun;
  return await orderOf(target, declaration, epoch, applied === "" ? undefined : applied);
}

/**
 * `from`: where it streams from, without a first copy. The target remembers what the stream carries, so that it is known when the folder
 * is lost.
 */
async function orderOf(
  target: Target,
  declaration: LinkDeclaration,
  epoch: number,
  from?: string,
): Promise<LinkOrder> {
  const { name } = declaration;
  const [stream, selection] = [`${name}/${epoch}`, selectionOf(declaration).text];
  const keep = `REPLACE INTO hotsite.selection (stream, selection) VALUES (${quoteString(stream)}, ${quoteString(selection)})`;
  await target.run([...identityOf(await readFacts(target)).own(), keep].join(";\n"));
  const order = { stream, epoch, from: name, to: targetSite, selection };
  if (from === undefined) return { ...order, begin: "copy", start: "" };
  return { ...order, begin: "stream", start: withOwn(from, await readFacts(target)) };
}

async function keptSelection(
  target: Target,
  stream: string,
): Promise<Pick<LinkOrder, "stream" | "selection">> {
  const [row] = await target.rows<{ selection: string }>(
    `SELECT selection FROM hotsite.selection WHERE stream = ${quoteString(stream)}`,
  );
  return { stream, ...row };
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
