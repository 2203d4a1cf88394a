import "reflect-metadata"; // @peculiar/x509 stops at import without it
import { webcrypto } from "node:crypto";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import type { NodeTls } from "../core/recipe.ts";
import { keptSecret, Secret } from "../core/secret.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;
/** Long enough that no certificate runs out between two yearly drills and the renewals that they remind of. */
const LIFETIME_MS = 3650 * DAY_MS;
/** A node whose clock is a little behind must not see a certificate from the future. */
const BACKDATE_MS = DAY_MS;

x509.cryptoProvider.set(webcrypto);

/** The application's own certificate authority, kept in `folder`; every node gets one certificate from it, made once. */
export class Pki {
  readonly ca: string;
  readonly #key: webcrypto.CryptoKey;
  readonly #folder: string;

  private constructor(folder: string, ca: string, key: webcrypto.CryptoKey) {
    this.#folder = folder;
    this.ca = ca;
    this.#key = key;
  }

  /** Opens the authority of `application`, made at its first use. Its key is a file of mode 0600. */
  static async open(folder: string, application: string): Promise<Pki> {
    const kept = await keptSecret(join(folder, "ca.pem"), () => newAuthority(application));
    const { certificate, key } = split(kept.reveal());
    return new Pki(folder, certificate, await importKey(key));
  }

  /** Certificate and key for the node `<site>/<name>` at `address`; the same ones at each call. */
  async node(site: string, name: string, address: string): Promise<NodeTls> {
    const path = join(this.#folder, `${site}.${name}.${address}.pem`);
    const kept = await keptSecret(path, () => this.#issue(`${name}.${site}`, address));
    const { certificate, key } = split(kept.reveal());
    return { ca: this.ca, certificate, key: new Secret(key) };
  }

  async #issue(hostName: string, address: string): Promise<string> {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
    const certificate = await x509.X509CertificateGenerator.create({
      ...validity(),
      subject: `CN=${hostName}`,
      issuer: new x509.X509Certificate(this.ca).subject,
      publicKey: keys.publicKey,
      signingKey: this.#key,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([
          x509.ExtendedKeyUsage.serverAuth,
          x509.ExtendedKeyUsage.clientAuth,
        ]),
        new x509.SubjectAlternativeNameExtension([
          { type: "dns", value: hostName },
          { type: "ip", value: address },
        ]),
        await x509.AuthorityKeyIdentifierExtension.create(new x509.X509Certificate(this.ca).publicKey),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return `${certificate.toString("pem")}\n${await exportKey(keys.privateKey)}\n`;
  }
}

async function newAuthority(application: string): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(),
    name: `CN=${application} hotsite authority`,
    keys: keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return `${certificate.toString("pem")}\n${await exportKey(keys.privateKey)}\n`;
}

function validity(): { serialNumber: string; notBefore: Date; notAfter: Date } {
  const now = Date.now();
  const serialNumber = Buffer.from(webcrypto.getRandomValues(new Uint8Array(16))).toString("hex");
  return { serialNumber, notBefore: new Date(now - BACKDATE_MS), notAfter: new Date(now + LIFETIME_MS) };
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const [der] = x509.PemConverter.decode(pem);
  return webcrypto.subtle.importKey("pkcs8", der ?? new ArrayBuffer(0), ALGORITHM, false, ["sign"]);
}

function split(pem: string): { certificate: string; key: string } {
  const at = pem.indexOf("-----BEGIN PRIVATE KEY-----");
  return { certificate: `${pem.slice(0, at).trim()}\n`, key: `${pem.slice(at).trim()}\n` };
}
