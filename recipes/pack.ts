import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Packs a folder into a .tar.gz; the same files give the same archive. */
export async function packFolder(folder: string, archive: string): Promise<void> {
  const same = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
  const compress = "--use-compress-program=gzip -n -5";
  await promisify(execFile)("tar", ["-c", ...same, compress, "-f", archive, "-C", folder, "."]);
}
