import { join, resolve } from "node:path";
import { ensureStateFolder } from "../core/state-folder.ts";
import type { World } from "../lifecycle/world.ts";
import { loadConfig, type LoadedConfig } from "./config.ts";
import { fileLogger } from "./log.ts";
import type { Call } from "./verb.ts";

/** A loaded config and the world that it describes. */
export interface Session extends AsyncDisposable {
  readonly config: LoadedConfig;
  readonly stateFolder: string;
  readonly world: World;
}

/** Opens what nearly every verb needs; whoever opens it closes it. */
export async function openSession({ verb, options, cwd, output }: Call): Promise<Session> {
  const config = await loadConfig(options.config, cwd);
  const stateFolder =
    options.state === undefined ? join(config.folder, ".hotsite") : resolve(cwd, options.state);
  await ensureStateFolder(stateFolder);
  const logger = fileLogger(join(stateFolder, "log", "hotsite.log"), output);
  // Without operands: what people run over ssh is theirs.
  logger.info("command", { verb });
  const { openWorld } = await import("../lifecycle/world.ts");
  const world = await openWorld({
    application: config.application,
    configFolder: config.folder,
    stateFolder,
    logger,
  });
  return { config, stateFolder, world, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}
