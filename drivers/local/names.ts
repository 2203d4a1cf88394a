import { createHash } from "node:crypto";

/** Labels on everything that the driver makes. They are the truth; names only help people. */
export const label = {
  owner: "hotsite.owner",
  site: "hotsite.site",
  /** On networks: the site's number; see `address.ts`. */
  number: "hotsite.number",
  /** On machines. */
  claim: "hotsite.claim",
  name: "hotsite.name",
  index: "hotsite.index",
  ports: "hotsite.ports",
  hostKey: "hotsite.host-key",
  launch: "hotsite.launch",
  /** On the router between an owner's sites. */
  router: "hotsite.router",
} as const;

/** The container of a machine. Parts are joined by dots, which they cannot hold, so that no two machines share a name. */
export function machineName({ owner, site, name }: { owner: string; site: string; name: string }): string {
  return `${networkName(owner, site)}.${plain(name)}`;
}

export function networkName(owner: string, site: string): string {
  return `hotsite-${plain(owner)}.${plain(site)}`;
}

export function routerName(owner: string): string {
  return `hotsite-${plain(owner)}..router`;
}

/** A part of a name, in letters that every engine takes; a word that had to be changed gets a mark that keeps it unique. */
function plain(word: string): string {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}$/.test(word)) return word;
  const mark = createHash("sha256").update(word).digest("hex").slice(0, 8);
  return `${word.replaceAll(/[^a-zA-Z0-9_-]/g, "_").slice(0, 40)}_${mark}`;
}
