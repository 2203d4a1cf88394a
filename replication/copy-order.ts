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
  const above = new Map(names.map((name) => [name, ancestors(name, parents)]));
  const groups: (readonly string[])[] = [];
  const waiting = new Set(names);
  while (waiting.size > 0) {
    for (const name of [...waiting]) {
      const group = names.filter(
        (other) =>
          other === name || (above.get(name)?.has(other) === true && above.get(other)?.has(name) === true),
      );
      const ready = [...(above.get(name) ?? [])].every(
        (parent) => !waiting.has(parent) || group.includes(parent),
      );
      if (!waiting.has(name) || !ready) continue;
      groups.push(group);
      for (const member of group) waiting.delete(member);
    }
  }
  return groups;
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
