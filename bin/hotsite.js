#!/usr/bin/env node
// In a checkout the command is built when its sources have changed; an installed package brings its build.
import { existsSync } from "node:fs";

if (existsSync(new URL("../cli/main.ts", import.meta.url))) await buildIfStale();
const { runCommandLine } = await import("../dist/main.js");
await runCommandLine();

async function buildIfStale() {
  const { isStale } = await import("../scripts/stale.mjs");
  if (!isStale()) return;
  const { buildAll } = await import("../scripts/build.mjs");
  await buildAll().catch((error) => {
    console.error(`hotsite: the sources cannot be built: ${error.message}`);
    process.exit(1);
  });
}
