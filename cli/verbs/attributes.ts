import { z } from "zod";
import { HotsiteError } from "../../core/errors.ts";
import { readAttributes, removeAttribute, setAttribute, type Attribute } from "../../lifecycle/attributes.ts";
import { attributeScope, scopeText } from "../attribute-scope.ts";
import { openSession, type Session } from "../session.ts";
import { table } from "../table.ts";
import { oneOf } from "../target.ts";
import type { Call, Outcome } from "../verb.ts";

const attribute = z.strictObject({ scope: z.string(), key: z.string(), value: z.string() });
const attributeList = z.strictObject({ attributes: z.array(attribute) });
const removal = z.strictObject({
  scope: z.string(),
  key: z.string(),
  removed: z.boolean().describe("false: there was none"),
});

const next = "`hotsite install` hands it to the recipes";

/** The four verbs. */
export const attributeVerbs = {
  set: { outcome: attribute, run: set },
  get: { outcome: attribute, run: get },
  list: { outcome: attributeList, run: list },
  remove: { outcome: removal, run: remove },
};

/** Keeps one attribute. */
async function set(call: Call): Promise<Outcome<typeof attribute>> {
  await using session = await openSession(call);
  const [, key = "", value = ""] = call.operands;
  const scope = scopeIn(session, call);
  await setAttribute(session.world, { scope, key, value });
  return {
    text: `${scopeText(scope)} ${key} is set; ${next}`,
    json: { scope: scopeText(scope), key, value },
  };
}

/** Prints the value of one attribute. */
async function get(call: Call): Promise<Outcome<typeof attribute>> {
  await using session = await openSession(call);
  const scope = scopeText(scopeIn(session, call));
  const all = (await readAttributes(session.world)).filter((one) => scopeText(one.scope) === scope);
  const key = oneOf(
    all.map((one) => one.key),
    call.operands[1] ?? "",
    `attribute of ${scope} called`,
  );
  const value = all.find((one) => one.key === key)?.value ?? "";
  return { text: value, json: { scope, key, value } };
}

/** Lists all of them, or those of one scope. */
async function list(call: Call): Promise<Outcome<typeof attributeList>> {
  await using session = await openSession(call);
  const wanted = call.operands[0] === undefined ? undefined : scopeText(scopeIn(session, call));
  const found = (await readAttributes(session.world))
    .map(shown)
    .filter(({ scope }) => wanted === undefined || scope === wanted);
  const rows = found.map(({ scope, key, value }) => [scope, key, value]);
  const nothing = `${wanted ?? session.world.application.name} has no attributes`;
  return {
    text: found.length === 0 ? nothing : table(["SCOPE", "NAME", "VALUE"], rows),
    json: { attributes: found },
  };
}

/** Removes one attribute. */
async function remove(call: Call): Promise<Outcome<typeof removal>> {
  await using session = await openSession(call);
  const [, key = ""] = call.operands;
  const scope = scopeIn(session, call);
  const removed = await removeAttribute(session.world, { scope, key });
  const text = removed
    ? `${scopeText(scope)} ${key} is removed; ${next}`
    : `${scopeText(scope)} has no ${key}`;
  return { text, json: { scope: scopeText(scope), key, removed } };
}

function scopeIn({ world }: Session, { operands }: Call) {
  const [text] = operands;
  if (text === undefined) throw new HotsiteError("usage", "whose attribute is not said");
  return attributeScope(world.application, text);
}

function shown({ scope, key, value }: Attribute) {
  return { scope: scopeText(scope), key, value };
}
