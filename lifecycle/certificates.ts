import "reflect-metadata"; // @peculiar/x509 stops at import without it
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;
/** Long enough that no certificate runs out between two yearly drills and the renewals that they remind of. */
const LIFETIME_MS = 3650 * DAY_MS;
/** A node whose clock is a little behind must not see a certificate from the future. */
const BACKDATE_MS = DAY_MS;

x509.cryptoProvider.set(webcrypto);

/** A certificate and its private key, PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

/** A new authority of `application`: its certificate, then its key. */
export async function newAuthority(application: string): Promise<string> {
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

/** A new certificate that the authority signs, for one name and address: the certificate, then its key. */
export async function newCertificate(
  authority: Identity,
  hostName: string,
  address: string,
): Promise<string> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity(),
    subject: `CN=${hostName}`,
    issuer: issuer.subject,
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
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
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
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
