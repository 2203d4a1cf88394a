import { describe, expect, test } from "@jest/globals";
import { readdir, readFile } from "node:fs/promises";
import { configReference } from "../../cli/config-reference.ts";
import { referencePage } from "../../cli/reference.ts";
import { schemaFiles } from "../../cli/schemas.ts";
import { verbs } from "../../cli/verbs.ts";
import { version } from "../../cli/version.ts";
import { hotsite } from "./support.ts";

describe("hotsite", () => {
  test("the version goes to standard output and nothing else", async () => {
    expect(await hotsite(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  test("with --json the version and each help are one JSON document", async () => {
    for (const argv of [
      ["--json", "--version"],
      ["-V", "--json"],
    ])
      expect(await hotsite(argv)).toEqual({
        code: 0,
        stdout: `${JSON.stringify({ ok: true, version })}\n`,
        stderr: "",
      });
    for (const argv of [
      ["--help", "--json"],
      ["--json", "replication", "--help"],
      ["scale", "-h", "--json"],
    ]) {
      const { code, stdout, stderr } = await hotsite(argv);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(JSON.parse(stdout)).toMatchObject({ ok: true, help: expect.stringContaining("Usage: hotsite") });
    }
  });

  test.each(verbs.map(({ name }) => name))(
    "%s --json prints one failure when it cannot be read",
    async (name) => {
      const { code, stdout } = await hotsite([...name.split(" "), "--no-such-thing", "--json"]);
      expect(code).toBe(2);
      expect(JSON.parse(stdout)).toMatchObject({ ok: false, exitCode: 2, error: { code: "usage" } });
    },
  );

  test("help lists every verb, the global options and the exit codes", async () => {
    const { code, stdout, stderr } = await hotsite(["--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const { name } of verbs) expect(stdout).toContain(name.split(" ")[0]);
    expect(stdout).toContain("--json");
    expect(stdout).toContain("130  interrupted");
  });

  test.each(verbs.map((verb) => [verb.name, verb] as const))(
    "%s --help shows examples",
    async (name, verb) => {
      const { code, stdout } = await hotsite([...name.split(" "), "--help"]);
      expect(code).toBe(0);
      expect(stdout).toContain(`Usage: hotsite ${name}`);
      for (const [line] of verb.examples) expect(stdout).toContain(`hotsite ${line}`);
    },
  );

  test.each(verbs.flatMap((verb) => verb.examples.map(([line]) => [line, verb] as const)))(
    "the example `%s` is a command line that can be read",
    async (line, verb) => {
      const { parseArguments } = await import("../../cli/program.ts");
      const writers = { out: () => undefined, err: () => undefined };
      expect(parseArguments(line.split(" "), writers)?.verb.name).toBe(verb.name);
    },
  );
});

describe("docs/cli.md", () => {
  test("says what --help says; `node scripts/docs.mjs` writes it", async () => {
    const page = await readFile(new URL("../../docs/cli.md", import.meta.url), "utf8");
    expect(page).toBe(referencePage());
  });
});

describe("docs/config.md", () => {
  test("names every setting; `node scripts/docs.mjs` writes it", async () => {
    const page = await readFile(new URL("../../docs/config.md", import.meta.url), "utf8");
    expect(page).toBe(configReference());
  });
});

describe("wrong usage ends with 2 and says what was meant", () => {
  test.each([
    [["instal"], "✖ unknown command 'instal'; did you mean install?"],
    [["status", "--jsn"], "✖ unknown option '--jsn'; did you mean --json?"],
    [["ssh"], "✖ missing required argument 'node'"],
    [["status", "east"], "✖ too many arguments for 'status'. Expected 0 arguments but got 1."],
    [["replication", "staus"], "✖ unknown command 'staus'; did you mean status?"],
    [["init", "--template", "three"], "argument 'three' is invalid. Allowed choices are two-sites, single."],
    [["local", "wan", "east", "west", "--delay", "40"], 'expected a time such as 40ms or 1.5s, found "40"'],
  ])("%p", async (argv, message) => {
    const { code, stdout, stderr } = await hotsite(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });

  test.each([
    [[], "hotsite"],
    [["hosts"], "hotsite hosts"],
  ])("without a verb the help is shown: %j", async (argv, line) => {
    const { code, stderr } = await hotsite(argv);
    expect(code).toBe(2);
    expect(stderr).toContain(`Usage: ${line} [options]`);
    expect(stderr).toContain(`✖ ${line}: which command?\n`);
  });

  test("tells where the help of the very verb is", async () => {
    expect((await hotsite(["exec", "web"])).stderr).toBe(
      "✖ missing required argument 'command'\n  `hotsite exec --help` shows how it is used\n",
    );
  });

  test("with --json the failure is one JSON object on standard output", async () => {
    const { code, stdout } = await hotsite(["instal", "--json"]);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, exitCode: 2, error: { code: "usage" } });
    expect(stdout.trimEnd()).not.toContain("\n");
  });
});

describe("docs/schema", () => {
  test("says what each verb prints with --json; `node scripts/docs.mjs` writes it", async () => {
    const folder = new URL("../../docs/schema/", import.meta.url);
    const written = (await readdir(folder)).map(async (name) => [
      name,
      await readFile(new URL(name, folder), "utf8"),
    ]);
    expect(Object.fromEntries(await Promise.all(written))).toEqual(await schemaFiles());
  });
});
