import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { artifact, artifactOf } from "../../recipes/artifact/artifact.ts";

const content = "a web application";
const sha256 = createHash("sha256").update(content).digest("hex");

let folder: string;
let server: Server;
let origin: string;
let asked: string[];
const cacheBefore = process.env["XDG_CACHE_HOME"];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hotsite-"));
  process.env["XDG_CACHE_HOME"] = folder;
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.statusCode = request.url?.startsWith("/app.war") === true ? 200 : 404;
    response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
});

afterEach(async () => {
  if (cacheBefore === undefined) delete process.env["XDG_CACHE_HOME"];
  else process.env["XDG_CACHE_HOME"] = cacheBefore;
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

describe("a file that a config names", () => {
  test("is fetched from a URL once, and kept by its checksum", async () => {
    for (let time = 0; time < 2; time += 1) {
      // Another query is another use, which finds the kept file.
      const named = artifactOf({ url: `${origin}/app.war?time=${time}`, sha256 });
      await named.locate(folder);
      expect(named.located.path).toMatch(/\/app\.war$/);
      expect(await readFile(named.located.path, "utf8")).toBe(content);
    }
    expect(asked).toEqual(["/app.war?time=0"]);
  });

  test("is refused when its checksum is another one, and nothing is kept", async () => {
    const sha512 = "0".repeat(128);
    const named = artifactOf({ url: `${origin}/app.war`, sha512 });
    await expect(named.locate(folder)).rejects.toMatchObject({ code: "wrong-checksum" });
    await expect(named.locate(folder)).rejects.toMatchObject({ code: "wrong-checksum" });
    expect(asked.length).toBe(2);
  });

  test("that is not there says which one, without what follows the path", async () => {
    const named = artifactOf({ url: `${origin}/none.war?token=x`, sha256 });
    await expect(named.locate(folder)).rejects.toThrow(/cannot fetch [^?]*\/none\.war: HTTP 404$/);
  });

  test.each([
    [{ url: "https://example.org/app.war" }],
    [{ url: "ftp://example.org/app.war", sha256 }],
    [{ maven: "org.example:app" }],
    [{ maven: "org.example:app:1.0; rm" }],
    [{ maven: "org.example:app:1.0", sha256: "short" }],
    [""],
  ])("%j is refused", (place) => {
    expect(artifact().safeParse(place).success).toBe(false);
  });
});
