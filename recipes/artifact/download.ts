import { createWriteStream } from "node:fs";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { HotsiteError, messageOf } from "../../core/errors.ts";

const TIMEOUT_MS = 600_000;

/** Puts what a URL answers with into a folder, under the URL's last name. */
export async function download(url: string, folder: string): Promise<void> {
  const { pathname } = new URL(url);
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
    const name = basename(decodeURIComponent(pathname)) || "download";
    await pipeline(Readable.fromWeb(response.body), createWriteStream(join(folder, name)));
  } catch (cause) {
    // Without a query or a login: they may hold a token.
    const place = `${new URL(url).host}${pathname}`;
    throw new HotsiteError("fetch-failed", `cannot fetch ${place}: ${messageOf(cause)}`, {
      cause,
      hint: "check the address and that this machine reaches it; a file beside the config does as well",
    });
  }
}
