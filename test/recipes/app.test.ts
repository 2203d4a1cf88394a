import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { command, script } from "../../core/command.ts";
import { PreflightError } from "../../core/errors.ts";
import type { NodePlan, Ref, Service } from "../../core/recipe.ts";
import { secret, Secret } from "../../core/secret.ts";
import { app } from "../../recipes/app/app.ts";
import { faultsCarriedBy } from "../../recipes/faulty.ts";
import { locate } from "../../recipes/local-path.ts";
import { derive } from "../../recipes/refs.ts";
import { scripted } from "../../recipes/scripted.ts";
import { text } from "../../recipes/text.ts";
import { contextFor } from "./context.ts";
import { describeRecipe, type Example } from "./contract.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hotsite-app-"));
  const files = ["server.js", "shop.jar", "shop", "shop.tar.gz", "node.tar.gz", "install.sh", "alive.sh"];
  for (const name of files) await writeFile(join(folder, name), name);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const shop = (more: Partial<Parameters<typeof app>[1]> = {}): Service =>
  app("shop", {
    source: "server.js",
    run: ["node", "server.js", "--name", 'a "b" $c 100%'],
    port: 3000,
    health: "/health",
    environment: { API_KEY: secret.env("API_KEY"), GREETING: 'say "hi"' },
    ...more,
  });

const job = (): Service =>
  scripted("job", {
    install: "install.sh",
    configure: script("ldconfig"),
    start: [command("job", "start")],
    stop: command("job", "stop"),
    alive: "alive.sh",
    environment: { TOKEN: secret.generated() },
    files: { "/etc/job.conf": "x" },
    uploads: { "/srv/shop.jar": "shop.jar" },
    ports: [7000],
  });

async function exampleOf(service: Service): Promise<Example> {
  await locate(service, folder);
  return { service, context: contextFor(service) };
}

async function planOf(service: Service): Promise<NodePlan> {
  const { context } = await exampleOf(service);
  return service.recipe.plan(context);
}

async function unitTextOf(service: Service): Promise<string> {
  const { files } = await planOf(service);
  const content = files.find(({ path }) => path === "/etc/systemd/system/app-shop.service")?.content;
  return typeof content === "string" ? content : "";
}

describeRecipe("app, one file on Node", () => exampleOf(shop()));
describeRecipe("app, an archive on a runtime sent along", () =>
  exampleOf(shop({ source: "shop.tar.gz", node: "node.tar.gz" })),
);
describeRecipe("app, a program without a port", () =>
  exampleOf(app("shop", { source: ".", run: ["./shop"], memory: "64MB" })),
);
describeRecipe("scripted", () => exampleOf(job()));

describe("app", () => {
  test.each<[string, Partial<Parameters<typeof app>[1]>, string]>([
    ["Debian's Node", {}, '"/usr/bin/node" "server.js" "--name" "a \\"b\\" $$c 100%%"'],
    ["Debian's Java", { run: ["java", "-jar", "shop.jar"] }, '"/usr/bin/java" "-jar" "shop.jar"'],
    ["a program on the node", { run: ["/usr/bin/python3", "x.py"] }, '"/usr/bin/python3" "x.py"'],
  ])("runs %s, and systemd replaces nothing in its words", async (_, more, line) => {
    expect(await unitTextOf(shop(more))).toContain(`ExecStart=${line}\n`);
  });

  test("a program of its own is made executable, in a folder that changes with its content", async () => {
    const service = app("shop", { source: "shop", run: ["./shop"] });
    const { files } = await planOf(service);
    const program = files.find(({ path }) => path.endsWith("/shop"));
    expect(program).toMatchObject({
      mode: 0o755,
      path: expect.stringMatching(/^\/opt\/hotsite\/shop\/app\/[0-9a-f]{16}\/shop$/),
    });
    expect(await unitTextOf(service)).toContain(`ExecStart="${program?.path ?? ""}"\n`);
    expect((await planOf(shop())).files.find(({ path }) => path.endsWith("/server.js"))?.mode).toBe(0o644);
  });

  test("asks for the packages of what it runs on", async () => {
    expect((await planOf(shop())).packages).toEqual(["curl", "nodejs"]);
    expect((await planOf(shop({ node: "node.tar.gz" }))).packages).toEqual(["curl"]);
    expect((await planOf(shop({ run: ["java"], java: 17 }))).packages).toEqual([
      "curl",
      "openjdk-17-jre-headless",
    ]);
  });

  test("tells the program its port and its place, and secrets by a file that only systemd reads", async () => {
    const { files } = await planOf(shop());
    const environment = files.find(({ path }) => path === "/etc/hotsite/shop/environment");
    expect(environment?.mode).toBe(0o600);
    expect(environment?.content).toBeInstanceOf(Secret);
    const text = environment?.content instanceof Secret ? environment.content.reveal() : "";
    expect(text).toContain('HOTSITE_NODE="shop-1"\n');
    expect(text).toContain('PORT="3000"\n');
    expect(text).toContain('HOME="/var/lib/app-shop"\n');
    expect(text).toContain('API_KEY="SECRET-environment.API_KEY"\n');
    expect(text).toContain('GREETING="say \\"hi\\""\n');
  });

  test("an endpoint in its environment is host and port, and every instance of another app an address", async () => {
    const queue = app("queue", { source: ".", run: ["./shop"], port: 7000 });
    const environment = {
      FIRST: queue.http,
      URL: text`http://${queue.http}/in`,
      ALL: queue.addresses,
    };
    const service = shop({ environment });
    await locate(service, folder);
    const addresses = { queue: "10.0.0.5" };
    const { files } = service.recipe.plan(contextFor(service, { others: [queue], addresses }));
    const { content } = files.find(({ path }) => path === "/etc/hotsite/shop/environment") ?? {};
    expect(content).toContain('FIRST="10.0.0.5:7000"\n');
    expect(content).toContain('URL="http://10.0.0.5:7000/in"\n');
    expect(content).toContain('ALL="10.0.0.5:7000"\n');
  });

  test("a value that is not there is an error where the text is written", () => {
    const { misspelt } = {} as { misspelt: Ref<string> };
    expect(() => text`http://${misspelt}/in`).toThrow('the value behind "http://" in a text is undefined');
  });

  test("a value of another kind in its environment is refused", async () => {
    const queue = app("queue", { source: ".", run: ["./shop"], port: 7000 });
    const wrong = derive(queue.http, "list", ({ host }) => [host]) as unknown as Ref<string>;
    const service = shop({ environment: { HOSTS: wrong } });
    await locate(service, folder);
    expect(() => service.recipe.plan(contextFor(service, { others: [queue] }))).toThrow(
      "queue.http.list is no text, no number and no endpoint",
    );
  });

  test("a file with a secret is refused: everybody on the node could read it", async () => {
    const service = shop({ files: { "/etc/shop.conf": secret.generated() } });
    const { context } = await exampleOf(service);
    expect(() => service.recipe.plan(context)).toThrow(PreflightError);
  });
});

describe("scripted", () => {
  test("runs scripts with their environment, and commands as they are", async () => {
    const { stages, alive, ready, files } = await planOf(job());
    expect(stages.start).toEqual([command("job", "start")]);
    expect(stages.install).toMatchObject([
      { kind: "script", args: ["/etc/hotsite/job/environment", expect.any(String)] },
    ]);
    expect(ready.command).toEqual(alive);
    expect(files.filter(({ mode }) => mode === 0o755)).toHaveLength(2);
  });

  test("what is started has to be stopped", () => {
    const service = scripted("job", { start: command("job") });
    expect(faultsCarriedBy(service)).toMatchObject([{ path: "services.job.stop" }]);
  });
});
