import { expect } from "@jest/globals";
import { Scene } from "./harness.ts";

/** The fixture's two machines. */
const machines = ["east/web-1", "east/web-2"];

interface NodeLine {
  readonly name: string;
  readonly exposed: Readonly<Record<string, { readonly host: string; readonly port: number }>>;
}

export function tinyScene(): Promise<Scene> {
  return Scene.of("test/e2e/fixtures/tiny");
}

/** One life of the application: installed by a command that dies, finished, removed by a command that dies, finished. */
export async function liveThroughKills(
  scene: Scene,
  write: number,
): Promise<{ installKilled: boolean; uninstallKilled: boolean }> {
  // The same command and `resume` take turns: either has to reach the end.
  const resumes = write % 2 === 0;
  const installKilled = await scene.killedAfter(write, "install");
  await scene.run(resumes ? "resume" : "install");
  await expectAnswers(scene);
  const uninstallKilled = await scene.killedAfter(write, "uninstall", "--yes");
  await scene.run(...(resumes ? ["resume"] : ["uninstall", "--yes"]));
  expect({ write, left: await scene.left() }).toEqual({ write, left: [] });
  return { installKilled, uninstallKilled };
}

/** Both machines answer with their names. */
export async function expectAnswers(scene: Scene): Promise<void> {
  const { nodes } = (await scene.run("nodes")) as unknown as { nodes: readonly NodeLine[] };
  const answers = nodes.map(async ({ exposed }) => {
    const { host, port } = exposed["8080"] ?? { host: "nowhere", port: 0 };
    const response = await fetch(`http://${host}:${port}/`, { signal: AbortSignal.timeout(10_000) });
    return response.text();
  });
  expect((await Promise.all(answers)).toSorted()).toEqual(machines);
}
