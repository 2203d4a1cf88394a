import "reflect-metadata"; // @peculiar/x509 stops at import without it
import { randomBytes, webcrypto } from "node:crypto";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const dayMs = 86_400_000;
x509.cryptoProvider.set(webcrypto);

/** Files of a certificate and its key, PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority for private servers on loopback; its files lie in the folder of whoever makes it. */
export class TestAuthority {
  /** Path of its own certificate. */
  readonly ca: string;
  readonly #folder: string;
  readonly #name: string;
  readonly #keys: webcrypto.CryptoKeyPair;

  private constructor(folder: string, name: string, keys: webcrypto.CryptoKeyPair) {
    this.ca = join(folder, `${name}-ca.pem`);
    this.#folder = folder;
    this.#name = name;
    this.#keys = keys;
  }

  static async create(folder: string, name: string): Promise<TestAuthority> {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const authority = new TestAuthority(folder, name, keys);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      ...validity(30),
      ...{ name: `CN=${name}`, keys, signingAlgorithm: algorithm },
      extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
    });
    await writeFile(authority.ca, certificate.toString("pem"));
    return authority;
  }

  /** For 127.0.0.1, as a server and as a client. `days`: until it runs out; one that has run out already has a negative number. */
  async issue(name: string, days = 7): Promise<Pair> {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const certificate = await x509.X509CertificateGenerator.create({
      ...validity(days),
      ...{ subject: `CN=${name}`, issuer: `CN=${this.#name}`, publicKey: keys.publicKey },
      ...{ signingKey: this.#keys.privateKey, signingAlgorithm: algorithm },
      extensions: [
        new x509.SubjectAlternativeNameExtension([
          { type: "ip", value: "127.0.0.1" },
          { type: "dns", value: "localhost" },
        ]),
      ],
    });
    const [cert, key] = [join(this.#folder, `${name}.pem`), join(this.#folder, `${name}-key.pem`)];
    const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
    await writeFile(cert, certificate.toString("pem"));
    await writeFile(key, x509.PemConverter.encode(pkcs8, "PRIVATE KEY"));
    await chmod(key, 0o600);
    return { cert, key };
  }
}

function validity(days: number): { serialNumber: string; notBefore: Date; notAfter: Date } {
  const serialNumber = randomBytes(8).toString("hex");
  const now = Date.now();
  return {
    serialNumber,
    notBefore: new Date(now - 30 * dayMs),
    notAfter: new Date(now + days * dayMs),
  };
}
