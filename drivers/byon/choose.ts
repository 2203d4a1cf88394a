import type { Host } from "./hosts.ts";

/** Hosts that have all labels; first those that are good for little else, so that special hosts stay for who needs them. */
export function matching(hosts: readonly Host[], labels: readonly string[]): readonly Host[] {
  return hosts
    .filter((host) => labels.every((label) => host.labels.includes(label)))
    .sort((a, b) => a.labels.length - b.labels.length);
}

/** The nodes that get no host when each takes one of its own in the order in which launching does, the choosiest first. */
export function unplaced<T extends { readonly labels: readonly string[] }>(
  nodes: readonly T[],
  free: readonly Host[],
): readonly T[] {
  const left = new Set(free);
  const choosiest = [...nodes].sort((a, b) => b.labels.length - a.labels.length);
  return choosiest.filter(({ labels }) => {
    const [host] = matching([...left], labels);
    if (host !== undefined) left.delete(host);
    return host === undefined;
  });
}
