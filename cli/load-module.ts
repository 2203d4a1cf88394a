import { createJiti } from "jiti";
import { keepTranslation, translationsFolder, type ModuleText } from "./translation.ts";

/** What a module exports, translated and with all that it imports; `own` are modules that it gets from this command. Its translation is kept. */
export async function loadModule(
  module: ModuleText,
  own: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const { path, source } = module;
  const jiti = createJiti(path, {
    virtualModules: own,
    fsCache: translationsFolder,
    moduleCache: false,
    interopDefault: false,
  });
  const exports: unknown = await jiti.import(path);
  if (/\.m?ts$/.test(path)) {
    await keepTranslation(module, jiti.transform({ source, filename: path, ts: true, async: true }));
  }
  return exports;
}
