import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { NodeFile } from "../../core/command.ts";
import { Secret } from "../../core/secret.ts";
import { locate } from "../../recipes/local-path.ts";
import { environmentLine, javaProperty, xmlAttribute } from "../../recipes/tomcat/escape.ts";
import { war } from "../../recipes/tomcat/war.ts";
import { contextFor, planned } from "./context.ts";
import { petclinicExample, warExample } from "./examples.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hotsite-"));
  await writeFile(join(folder, "app.war"), "one");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function filesOf(params: object = {}): Promise<readonly NodeFile[]> {
  const service = war("web", { war: join(folder, "app.war"), ...params });
  await locate(service, folder);
  return service.recipe.plan(contextFor(service)).files;
}

async function contextFile(params: object): Promise<string> {
  return (await filesOf(params)).find(({ path }) => path.includes("/Catalina/localhost/"))?.path ?? "";
}

function textOf(files: readonly NodeFile[], path: string): string {
  const content = files.find((file) => file.path === path)?.content;
  return content instanceof Secret ? content.reveal() : (content as string);
}

describe("the recipe war", () => {
  test("the context path is the name of Tomcat's description", async () => {
    expect(await contextFile({})).toBe("/etc/tomcat10/Catalina/localhost/ROOT.xml");
    expect(await contextFile({ contextPath: "/shop" })).toBe("/etc/tomcat10/Catalina/localhost/shop.xml");
    expect(await contextFile({ contextPath: "/shop/front" })).toBe(
      "/etc/tomcat10/Catalina/localhost/shop#front.xml",
    );
  });

  test("another version, or other files laid over it, lie in another folder", async () => {
    const place = async (params?: object): Promise<string> =>
      (await filesOf(params)).find(({ path }) => path.endsWith("/app.war"))?.path ?? "";
    const first = await place();
    expect(await place()).toBe(first);
    expect(await place({ files: { "WEB-INF/a.properties": "x" } })).not.toBe(first);
    await writeFile(join(folder, "app.war"), "two");
    expect(await place()).not.toBe(first);
  });

  test("a database reaches the application by every way that the config names", async () => {
    const { service, context } = await warExample();
    const { files } = service.recipe.plan(context);
    const xml = textOf(files, "/etc/tomcat10/Catalina/localhost/shop#front.xml");
    expect(xml).toContain('name="jdbc/main"');
    expect(xml).toContain('maxTotal="5"');
    expect(xml).toContain('password="SECRET-users.clinic.password"');
    expect(xml).toContain("sslMode=verify-full&#38;useSsl=true");
    expect(textOf(files, "/etc/hotsite/web/environment")).toContain(
      'DB_PASSWORD="SECRET-users.clinic.password"\n',
    );
    expect(textOf(files, "/etc/hotsite/web/environment")).toContain('WORKERS="4"\n');
    expect(textOf(files, "/etc/hotsite/web/system.properties")).toMatch(
      /^db\.url=jdbc\\:mariadb.*&user\\=clinic&password\\=SECRET/,
    );
  });

  test("a folder is sent file by file, and the example starts on a read-only database", async () => {
    const { service, context } = await petclinicExample();
    const sent = service.recipe
      .plan(context)
      .files.filter(({ path }) => path.includes("/app/WEB-INF/pages/"));
    expect(sent.length).toBeGreaterThan(5);
    expect(service.params).toMatchObject({ startsReadOnly: true, health: "/health" });
  });

  test("paths that climb out, and JVM options that a shell would read, are refused", () => {
    const wrong = { war: "x.war", files: { "../../etc/passwd": "x" }, jvmOptions: ["-Da=$(id)"] };
    expect(() => planned(war("web", wrong))).toThrow(
      /should be a path without[\s\S]*without spaces and quotes|without spaces and quotes[\s\S]*without \.\./,
    );
  });
});

describe("escaping", () => {
  test("XML attributes, properties and environment files keep every character", () => {
    expect(xmlAttribute(`a"<&'\n`)).toBe("a&#34;&#60;&#38;&#39;&#10;");
    expect(javaProperty("a b:c", " x=\\ü\n")).toBe("a\\ b\\:c=\\ x\\=\\\\\\u00fc\\u000a\n");
    expect(environmentLine("A", 'x"$`\\y')).toBe('A="x\\"\\$\\`\\\\y"\n');
  });
});
