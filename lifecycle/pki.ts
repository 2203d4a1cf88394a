import { join } from "node:path";
import type { NodeTls } from "../core/recipe.ts";
import { keptSecret, Secret } from "../core/secret.ts";
import type { Identity } from "./certificates.ts";

/** The application's own certificate authority, kept in `folder`; every node gets one certificate from it, made once. */
export class Pki {
  readonly ca: string;
  readonly #authority: Identity;
  readonly #folder: string;

  private constructor(folder: string, authority: Identity) {
    this.#folder = folder;
    this.ca = authority.certificate;
    this.#authority = authority;
  }

  /** Opens the authority of `application`, made at its first use. Its key is a file of mode 0600. */
  static async open(folder: string, application: string): Promise<Pki> {
    const make = async (): Promise<string> => (await certificates()).newAuthority(application);
    return new Pki(folder, split((await keptSecret(join(folder, "ca.pem"), make)).reveal()));
  }

  /** Certificate and key for the node `<site>/<name>` at `address`; the same ones at each call. */
  async node(site: string, name: string, address: string): Promise<NodeTls> {
    const make = async (): Promise<string> =>
      (await certificates()).newCertificate(this.#authority, `${name}.${site}`, address);
    const kept = await keptSecret(join(this.#folder, `${site}.${name}.${address}.pem`), make);
    const { certificate, key } = split(kept.reveal());
    return { ca: this.ca, certificate, key: new Secret(key) };
  }
}

/** Loaded when one has to be made: most commands find theirs. */
function certificates(): Promise<typeof import("./certificates.ts")> {
  return import("./certificates.ts");
}

function split(pem: string): Identity {
  const at = pem.indexOf("-----BEGIN PRIVATE KEY-----");
  return { certificate: `${pem.slice(0, at).trim()}\n`, key: `${pem.slice(at).trim()}\n` };
}
