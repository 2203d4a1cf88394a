import ssh2 from "ssh2";

/** A new Ed25519 key pair in OpenSSH's formats. */
export function newSshKey(comment = ""): { readonly privateKey: string; readonly publicKey: string } {
  for (;;) {
    const { private: privateKey, public: publicKey } = ssh2.utils.generateKeyPairSync("ed25519", { comment });
    // One in two hundred keys that ssh2 1.17 makes cannot be read again (mscdex/ssh2 #1390): then another one is made.
    if (!(ssh2.utils.parseKey(privateKey) instanceof Error)) return { privateKey, publicKey };
  }
}
