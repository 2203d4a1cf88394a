/** What was offered to a server that let nobody in. */
export interface Refusal {
  /** The ways that were tried, as servers name them: publickey, password, keyboard-interactive. */
  readonly tried: readonly string[];
  /** The ways that the server would take; empty when it did not say. */
  readonly allowed: readonly string[];
  /** What the server had to say to people; empty when nothing. */
  readonly said: string;
}

/** Why a server may have let nobody in, and what to do about it: servers do not tell, so that nobody can guess names. */
export function refusalWords(
  { host, user }: { readonly host: string; readonly user: string },
  { tried, allowed, said }: Refusal,
): { readonly problem: string; readonly remedy: string } {
  const key = tried.includes("publickey");
  const password = tried.some((way) => way !== "publickey");
  const takesPasswords = allowed.length === 0 || allowed.some((way) => way !== "publickey");
  const offered = [...(key ? ["our key"] : []), ...(password ? ["our password"] : [])].join(" or ");
  const reasons = [
    ...(key ? ["the key is not in its authorized_keys"] : []),
    ...(password ? [takesPasswords ? "the password is wrong" : "it takes no passwords"] : []),
    ...["there is no such user", "the account is locked"],
  ];
  return {
    problem: `${host} does not let ${user} in with ${offered}: ${anyOf(reasons)}${quoted(said)}`,
    remedy: anyOf([
      ...(key ? [`put the public key into ~${user}/.ssh/authorized_keys there (mode 600, folder 700)`] : []),
      ...(password && takesPasswords ? ["correct the password"] : []),
      ...(password && !takesPasswords
        ? ["give the config a key, since its sshd_config forbids passwords"]
        : []),
      ...["correct the user", `look at its account there, as root: passwd -S ${user}; chage -l ${user}`],
    ]),
  };
}

/** The same for a server that takes a key or a password and then hangs up: another part of it has something against the account. */
export function hangUpWords(
  { host, user }: { readonly host: string; readonly user: string },
  said: string,
): { readonly problem: string; readonly remedy: string } {
  return {
    problem: `${host} hangs up while ${user} logs in: the account is locked or has expired, or the server ends${quoted(said)}`,
    remedy: `look at the account there, as root: passwd -S ${user}; chage -l ${user}; journalctl -u ssh says why`,
  };
}

function quoted(said: string): string {
  const words = said.trim().replaceAll(/\s+/g, " ");
  return words === "" ? "" : `; it says: ${words}`;
}

function anyOf(parts: readonly string[]): string {
  return `${parts.slice(0, -1).join(", ")}, or ${parts.at(-1) ?? ""}`;
}
