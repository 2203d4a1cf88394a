#!/usr/bin/env node
// In a checkout the command is built when its sources have changed; an installed package brings its build.
import { existsSync } from "node:fs";

if (existsSync(new URL("../cli/main.ts", import.meta.url))) {
  const { isStale } = await import("../scripts/stale.mjs");
  if (isStale()) {
    const { buildAll } = await import("../scripts/build.mjs");
    await buildAll();
  }
}
const { runCommandLine } = await import("../dist/main.js");
await runCommandLine();
