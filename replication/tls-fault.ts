import { HotsiteError } from "../core/errors.ts";

interface Refusal {
  readonly codes: readonly string[];
  /** How its messages read: the database driver writes a code of its own over Node's. */
  readonly words: RegExp;
  readonly remedy: string;
}

/** What Node says when it does not accept the other side's certificate, with what mends it. */
const refusals: readonly Refusal[] = [
  {
    codes: ["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"],
    words: /certificate (has expired|is not yet valid)/,
    remedy: "renew the certificate there, or correct the clock that is wrong",
  },
  {
    codes: ["ERR_TLS_CERT_ALTNAME_INVALID", "HOSTNAME_MISMATCH"],
    words: /does not match certificate/,
    remedy: "reach it by a name that is in its certificate, or give it a certificate with this name",
  },
  {
    codes: [
      ...["DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_GET_ISSUER_CERT"],
      ...["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "CERT_UNTRUSTED"],
      ...["CERT_SIGNATURE_FAILURE", "CERT_REJECTED", "CERT_REVOKED", "INVALID_CA", "INVALID_PURPOSE"],
      ...["CERT_CHAIN_TOO_LONG", "PATH_LENGTH_EXCEEDED"],
    ],
    words: /certificate|invalid CA/,
    remedy: "name under `tls.ca` the authority that has signed its certificate",
  },
  {
    codes: ["HANDSHAKE_NO_SSL_SUPPORT", "ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG"],
    words: /wrong version number|packet length too long/,
    remedy: "it does not speak TLS there: switch it on, name its port for TLS, or leave `tls` out",
  },
];

/** What the database driver calls everything that goes wrong before a connection is encrypted; a connection that breaks is among it. */
const driverCode = "HANDSHAKE_SSL_ERROR";

/** What the other side says of our certificate, as OpenSSL names it. */
const ourCertificate = /^ERR_SSL_.*ALERT_(BAD_|UNSUPPORTED_)?(CERTIFICATE|UNKNOWN_CA)/;
const ourRemedy =
  "give under `tls.cert` and `tls.key` a certificate that it accepts: of an authority that it knows, and not run out";

/**
 * Two ends that do not agree on their certificates, as one error with its remedy; undefined for anything else. Trying again does not mend
 * it. `peer`: what was to be reached.
 */
export function tlsFault(peer: string, error: unknown): HotsiteError | undefined {
  for (let thrown = facts(error); thrown !== undefined; thrown = facts(thrown.cause)) {
    const { code, message } = thrown;
    if (typeof code !== "string") continue;
    const known = refusals.find(({ codes, words }) =>
      code === driverCode ? words.test(String(message)) : codes.includes(code),
    );
    const remedy = known?.remedy ?? (ourCertificate.test(code) ? ourRemedy : undefined);
    if (remedy !== undefined)
      return new HotsiteError("tls", `${peer}: no TLS: ${String(message)}`, { cause: error, hint: remedy });
  }
  return undefined;
}

/** Whatever realm it is of: an error of Node itself is no instance of the class that tests know. */
function facts(
  thrown: unknown,
): { readonly code?: unknown; readonly message?: unknown; readonly cause?: unknown } | undefined {
  return typeof thrown === "object" && thrown !== null ? thrown : undefined;
}
