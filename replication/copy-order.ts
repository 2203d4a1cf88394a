/** One thing needs another to be there before it. */
export interface Reference {
  readonly child: string;
  readonly parent: string;
}

/** Names in groups, parents before children; those that refer to each other in a circle make one group. Within a group the given order stays. */
export function parentsFirst(
  names: readonly string[],
  references: readonly Reference[],
): readonly (readonly string[])[] {
  const parents = new Map(names.map((name): [string, string[]] => [name, []]));
  for (const { child, parent } of references) if (parents.has(parent)) parents.get(child)?.push(parent);
  const place = new Map(names.map((name, index) => [name, index]));
  const above = new Map(names.map((name) => [name, ancestors(name, parents)]));
  const aboveOf = (name: string): ReadonlySet<string> => above.get(name) ?? new Set();
  const grouped = new Set<string>();
  const groups: { readonly group: readonly string[]; readonly needs: number }[] = [];
  for (const name of names) {
    if (grouped.has(name)) continue;
    const circle = [...aboveOf(name)].filter((other) => other !== name && aboveOf(other).has(name));
    const group = [name, ...circle].sort((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0));
    for (const member of group) grouped.add(member);
    groups.push({ group, needs: new Set([...aboveOf(name), ...group]).size - group.length });
  }
  // Whatever a group needs needs less than the group itself.
  return groups.sort((a, b) => a.needs - b.needs).map(({ group }) => group);
}

/** Everything that `name` needs, directly or not. */
function ancestors(name: string, parents: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [...(parents.get(name) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...(parents.get(next) ?? []));
  }
  return found;
}
