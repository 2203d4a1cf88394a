/** The two kinds of servers that are replicated. */
export type Flavour = "mariadb" | "mysql";

/** What a server is, by what it says of itself. */
export interface ServerVersion {
  readonly flavour: Flavour;
  /** As the server tells it: `10.11.19-MariaDB-log`. */
  readonly text: string;
  /** `[10, 11, 19]`. */
  readonly numbers: readonly number[];
}

/** Reads `@@version`. What does not call itself MariaDB descends from MySQL. */
export function versionOf(text: string): ServerVersion {
  const numbers = /^\d+(\.\d+)*/.exec(text)?.[0] ?? "0";
  return {
    flavour: /mariadb/i.test(text) ? "mariadb" : "mysql",
    text,
    numbers: numbers.split(".").map(Number),
  };
}

/** Whether the version is this one or a later one of the same flavour. */
export function isAtLeast({ numbers }: ServerVersion, ...wanted: readonly number[]): boolean {
  for (const [place, least] of wanted.entries()) {
    const number = numbers[place] ?? 0;
    if (number !== least) return number > least;
  }
  return true;
}
