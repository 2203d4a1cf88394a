/** Launches of this process that are at work, by owner: what they share must not be swept from under them. */
const launches = new Map<string, number>();

/** Does the work while it counts as a launch of this key. */
export async function whileUnderWay<T>(key: string, work: () => Promise<T>): Promise<T> {
  count(key, 1);
  try {
    return await work();
  } finally {
    count(key, -1);
  }
}

export function isUnderWay(key: string): boolean {
  return launches.has(key);
}

function count(key: string, change: number): void {
  const now = (launches.get(key) ?? 0) + change;
  if (now === 0) launches.delete(key);
  else launches.set(key, now);
}
