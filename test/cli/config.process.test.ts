import { beforeAll, describe, expect, jest, test } from "@jest/globals";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { builtHotsite, hotsiteProcess, startHotsite } from "./process.ts";
import { folderWith } from "./support.ts";

const name = "hotsite.config.ts";

// Each test starts processes; a busy machine takes its time.
jest.setTimeout(60_000);
beforeAll(builtHotsite);

describe("finding the config", () => {
  test("the nearest folder above counts", async () => {
    await using folder = await folderWith({ [name]: "throw new Error('found');\n" });
    const below = join(folder.path, "a", "b");
    await mkdir(below, { recursive: true });
    expect((await hotsiteProcess(["validate"], below)).stderr).toContain(
      `${join(folder.path, name)}:1: found`,
    );
  });

  test("--config names a file or its folder", async () => {
    await using folder = await folderWith({
      "other.ts": "throw new Error('other');\n",
      [name]: "throw new Error('own');\n",
    });
    const [file, inside] = await Promise.all([
      hotsiteProcess(["validate", "--config", "other.ts"], folder.path),
      hotsiteProcess(["validate", "--config", folder.path], "/"),
    ]);
    expect(file.stderr).toContain("other.ts:1: other");
    expect(inside.stderr).toContain(`${name}:1: own`);
  });

  test("zod is there without a node_modules beside the config", async () => {
    await using folder = await folderWith({
      [name]: 'import { z } from "zod";\nthrow new Error(String(z.string().safeParse(1).success));\n',
    });
    expect((await hotsiteProcess(["validate"], folder.path)).stderr).toContain(`${name}:2: false`);
  });

  test("nothing found says how to begin", async () => {
    await using folder = await folderWith({});
    expect(await hotsiteProcess(["validate"], folder.path)).toEqual({
      code: 2,
      stdout: "",
      stderr:
        `✖ there is no hotsite.config.ts in ${folder.path} or in a folder above it\n` +
        "  write one with `hotsite init`, or name it: --config path/to/hotsite.config.ts\n",
    });
  });
});

describe("a broken config is told with its place and ends with 2", () => {
  test.each<[string, string, string]>([
    [
      "a syntax error",
      'export default {\n  name: "a",\n  sites: [1, 2\n};\n',
      ':4: ParseError: Unexpected token, expected ","',
    ],
    [
      "a name that is not defined",
      '// a comment\nimport { local } from "hotsite";\nexport default nothing(local());\n',
      ":3: nothing is not defined",
    ],
    [
      "a use of undefined",
      "const a: any = {};\na.b.c;\nexport default a;\n",
      ":2: Cannot read properties of undefined (reading 'c')",
    ],
    [
      "an export that does not exist",
      'import { comand } from "hotsite";\nexport default comand("ls");\n',
      ':2: "hotsite" exports no comand; did you mean command?',
    ],
    ["no default export", "export const a = 1;\n", ": has no default export"],
    ["another default export", "export default 7;\n", ": does not export an application by default"],
  ])("%s", async (_, text, message) => {
    await using folder = await folderWith({ [name]: text });
    const { code, stdout, stderr } = await hotsiteProcess(["validate"], folder.path);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.split("\n")[0]).toBe(`✖ ${join(folder.path, name)}${message}`);
  });

  test("a file that it imports is named when it is missing", async () => {
    await using folder = await folderWith({
      [name]: 'import { x } from "./missing.ts";\nexport default x;\n',
    });
    const { code, stderr } = await hotsiteProcess(["validate"], folder.path);
    expect(code).toBe(2);
    expect(stderr).toContain("Cannot find module './missing.ts'");
  });

  test("all faults come at once, in text and in JSON", async () => {
    await using folder = await folderWith({ [name]: faulty });
    const { code, stdout, stderr } = await hotsiteProcess(["validate", "--json"], folder.path);
    expect(code).toBe(2);
    expect(stderr).toBe(golden(join(folder.path, name)));
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      exitCode: 2,
      error: {
        code: "config",
        faults: [
          { path: "name" },
          { path: "sites.east.role" },
          { path: "sites.east.rol" },
          { path: "sites.west.cloud" },
          { path: "replication" },
        ],
      },
    });
  });
});

describe("a config that was read before", () => {
  test("names the line of a fault as at the first time", async () => {
    await using folder = await folderWith({
      [name]: 'import { existsSync } from "node:fs";\n\nif (existsSync("bad")) throw new Error("now");\n',
    });
    await hotsiteProcess(["validate"], folder.path);
    await folder.write("bad", "");
    const { stderr } = await hotsiteProcess(["validate"], folder.path);
    expect(stderr).toContain(`${join(folder.path, name)}:3: now`);
  });

  test("is read anew when only a file has changed that it imports", async () => {
    await using folder = await folderWith({
      [name]: 'import { word } from "./word.ts";\nif (word !== "a") throw new Error(word);\n',
      "word.ts": 'export const word: string = "a";\n',
    });
    await hotsiteProcess(["validate"], folder.path);
    await folder.write("word.ts", 'export const word: string = "b";\n');
    expect((await hotsiteProcess(["validate"], folder.path)).stderr).toContain(`${name}:2: b`);
  });

  test("many that nobody reads any more do not stay in the cache", async () => {
    await using cache = await folderWith({});
    const old = join("hotsite", "config");
    await mkdir(join(cache.path, old), { recursive: true });
    for (let one = 0; one < 300; one += 1) await cache.write(join(old, `${one}.mjs`), "");
    await using folder = await folderWith({ [name]: "export default {};\n" });
    await startHotsite(["validate"], folder.path, { XDG_CACHE_HOME: cache.path }).ended;
    expect((await readdir(join(cache.path, old))).length).toBeLessThan(256);
  });
});

const faulty = `import { application, local } from "hotsite";

export default application("PetClinic", {
  sites: {
    east: { role: "primry", cloud: local(), rol: 1 },
    west: { role: "standby" },
  },
  services: [],
});
`;

const golden = (path: string): string =>
  [
    `✖ ${path}:3: application "PetClinic": 5 faults`,
    '  name: not usable as a name (found "PetClinic"); allowed: small letters, digits and dashes, a letter first',
    '  sites.east.role: is not one of the known values (found "primry"); allowed: "primary", "standby"',
    "    → did you mean primary?",
    "  sites.east.rol: is not a setting; allowed: role, cloud, standby, instances",
    "    → did you mean role?",
    "  sites.west.cloud: not a cloud; write local(), for example (found undefined)",
    "  replication: a standby site needs it",
    '    → add replication: { of: db, through: "embedded" }',
    "",
  ].join("\n");
