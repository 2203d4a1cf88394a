import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { HotsiteError, messageOf } from "../../core/errors.ts";
import { Secret } from "../../core/secret.ts";

/** Paths of PEM files. */
export interface PemFiles {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface Pems {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: Secret;
}

/**
 * What the files hold; relative paths start at `folder`. Throws `HotsiteError` "tls" when one is not what it should be: a connection would
 * only say that it was refused.
 */
export async function readPems({ ca, cert, key }: PemFiles, folder: string): Promise<Pems> {
  const read = (path: string): Promise<string> => readPem(resolve(folder, path));
  const pems = {
    ...(ca !== undefined && { ca: await read(ca) }),
    ...(cert !== undefined && { cert: await read(cert) }),
    ...(key !== undefined && { key: new Secret(await read(key)) }),
  };
  if (ca !== undefined && pems.ca !== undefined) certificateIn(pems.ca, ca);
  if (cert !== undefined && pems.cert !== undefined && pems.key !== undefined)
    requirePair(certificateIn(pems.cert, cert), pems.key, { cert, key });
  return pems;
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new HotsiteError("tls", `${path} cannot be read: ${messageOf(cause)}`, {
      cause,
      hint: "name a PEM file that is there; relative paths start at the config",
    });
  }
}

function certificateIn(pem: string, path: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new HotsiteError("tls", `${path} holds no certificate in PEM: ${messageOf(cause)}`, {
      cause,
      hint: "it has to begin with -----BEGIN CERTIFICATE-----",
    });
  }
}

function requirePair(certificate: X509Certificate, key: Secret, { cert, key: path }: PemFiles): void {
  if (new Date(certificate.validTo).getTime() < Date.now())
    throw new HotsiteError("tls", `${cert ?? ""} ran out at ${certificate.validTo}`, {
      hint: "renew our own certificate",
    });
  const fits = keyFits(certificate, key);
  if (fits) return;
  throw new HotsiteError("tls", `${path ?? ""} is not the key of ${cert ?? ""}`, {
    hint: "give both of the same pair, the key without a passphrase",
  });
}

function keyFits(certificate: X509Certificate, key: Secret): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key.reveal()));
  } catch {
    // Not a key at all, or one with a passphrase.
    return false;
  }
}
