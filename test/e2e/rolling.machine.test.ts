import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import http from "node:http";
import { Scene } from "./harness.ts";

/** Fifty requests a second, as people send them: each one must be answered. */
const everyMs = 20;

/** A web tier of two behind a balancer; its answers name machine and version. */
describe("a web tier under requests", () => {
  let scene: Scene;
  let url: string;

  beforeAll(async () => {
    scene = await Scene.of("test/e2e/fixtures/pooled");
    await scene.run("install");
    url = String((await scene.run("status"))["url"]);
  }, 300_000);

  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
  }, 60_000);

  test("gets a machine more and gives it back, and nobody notices", async () => {
    const answers = await answersDuring(url, async () => {
      await scene.run("scale", "web", "3");
      await scene.run("scale", "web", "2");
    });
    expect(failed(answers)).toEqual([]);
    expect(answers.get("200 east/web-3 v1")).toBeGreaterThan(0);
    expect(await machines(scene)).toEqual(["east/web-1", "east/web-2", "edge/edge-1"]);
  }, 200_000);

  test("changes to a new version, and nobody notices", async () => {
    await scene.edit('version: "v1"', 'version: "v2"');
    const answers = await answersDuring(url, () => scene.run("update", "web"));
    expect(failed(answers)).toEqual([]);
    expect(await answersNow(url)).toEqual(["200 east/web-1 v2", "200 east/web-2 v2"]);
    expect(await scene.on("east/web-1", "ls", "/opt")).toBe("greeter-v2.pl");
  }, 200_000);

  test("does not change to a broken version, and nobody notices", async () => {
    await scene.edit('version: "v2"', 'version: "broken"');
    const answers = await answersDuring(url, async () => {
      const { code, stderr } = await scene.attempt(["update"]);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("HTTP 500") });
    });
    expect(failed(answers)).toEqual([]);
    expect(await answersNow(url)).toEqual(["200 east/web-1 v2", "200 east/web-2 v2"]);
    expect(await scene.on("east/web-1", "ls", "-A", "/opt", "/var/lib/hotsite/web")).toBe(
      "/opt:\ngreeter-v2.pl\n\n/var/lib/hotsite/web:\n.again\nconfigure",
    );
  }, 200_000);

  test("lets people with a session go on where they are, for as long as it is told to", async () => {
    await scene.edit('version: "broken"', 'version: "v3"');
    const { cookie, body: own } = await visit(url, "newcomer");
    const visits: Promise<Visit>[] = [];
    const timer = setInterval(() => {
      visits.push(visit(url, "guest", cookie ?? ""), visit(url, "newcomer"));
    }, 100);
    await scene.run("update", "--sessions", "5s").finally(() => clearInterval(timer));
    const seen = await Promise.all(visits);
    expect(seen.filter(({ status }) => status !== 200)).toEqual([]);
    const [guest = 0, newcomer = 0] = (["guest", "newcomer"] as const).map((who) =>
      Math.max(...seen.filter((one) => one.who === who && one.body === own).map(({ atMs }) => atMs)),
    );
    // Newcomers went elsewhere at once; the guest had its five seconds.
    expect(guest - newcomer).toBeGreaterThan(3000);
    expect(await answersNow(url)).toEqual(["200 east/web-1 v3", "200 east/web-2 v3"]);
  }, 200_000);
});

/** One answer to somebody who may have a session. */
interface Visit {
  readonly atMs: number;
  readonly who: "guest" | "newcomer";
  readonly status: number;
  readonly body: string;
  readonly cookie: string | null;
}

async function visit(url: string, who: Visit["who"], cookie = ""): Promise<Visit> {
  const response = await fetch(url, { headers: { cookie }, signal: AbortSignal.timeout(30_000) });
  const body = (await response.text()).trim();
  const set = response.headers.get("set-cookie")?.split(";")[0] ?? null;
  return { atMs: Date.now(), who, status: response.status, body, cookie: set };
}

/** Asks at a steady pace while `work` goes on, and counts what was answered. */
async function answersDuring(
  url: string,
  work: () => Promise<unknown>,
): Promise<ReadonlyMap<string, number>> {
  const answers = new Map<string, number>();
  const pending = new Set<Promise<void>>();
  const send = (): void => {
    const asked = ask(url).then((answer) => {
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
      pending.delete(asked);
    });
    pending.add(asked);
  };
  const timer = setInterval(send, everyMs);
  try {
    await work();
  } finally {
    clearInterval(timer);
    await Promise.all(pending);
  }
  return answers;
}

/** Each on a connection of its own: one that the balancer closes between two requests is not what is tested. */
function ask(url: string): Promise<string> {
  return new Promise((resolve) => {
    const request = http.get(url, { agent: false, timeout: 30_000 }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.once("end", () => resolve(`${response.statusCode ?? 0} ${body.trim()}`));
      response.once("error", (error) => resolve(error.message));
    });
    request.once("timeout", () => request.destroy(new Error("no answer in 30 s")));
    request.once("error", (error) => resolve(error.message));
  });
}

async function answersNow(url: string): Promise<readonly string[]> {
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(url)));
  return [...new Set(answers)].sort();
}

function failed(answers: ReadonlyMap<string, number>): readonly string[] {
  return [...answers]
    .filter(([answer]) => !answer.startsWith("200 "))
    .map(([answer, count]) => `${count} × ${answer}`);
}

async function machines(scene: Scene): Promise<readonly string[]> {
  const { nodes } = (await scene.run("nodes")) as unknown as { nodes: readonly { name: string }[] };
  return nodes.map(({ name }) => name);
}
