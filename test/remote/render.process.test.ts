import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { all, command, either, feed, pipe, script, type Command } from "../../core/command.ts";
import { Secret } from "../../core/secret.ts";
import { describeCommand } from "../../remote/describe.ts";
import { redactor } from "../../remote/redact.ts";
import { render } from "../../remote/render.ts";
import { runIn, shells } from "./shells.ts";

const exit = (code: number): Command => script("exit $1", String(code));

describe.each(shells)("a rendered command in %s", (shell) => {
  const run = (what: Command): ReturnType<typeof runIn> =>
    runIn(shell, `{\n${render(what).text}\nexit "$hs"\n} </dev/null\n`);

  test("`all` stops at the first failure and keeps its status", () => {
    const { code, stdout } = run(all(command("echo", "one"), exit(7), command("echo", "two")));
    expect({ code, stdout }).toEqual({ code: 7, stdout: "one\n" });
  });

  test("`either` runs its second part only when the first fails", () => {
    expect(run(either(exit(3), command("echo", "second")))).toMatchObject({ code: 0, stdout: "second\n" });
    expect(run(either(command("echo", "first"), command("echo", "second")))).toMatchObject({
      code: 0,
      stdout: "first\n",
    });
    expect(run(either(exit(3), exit(4))).code).toBe(4);
  });

  test("a pipe fails when any of its parts fails, and not when a reader has read enough", () => {
    expect(run(pipe(script("echo x; exit 5"), command("cat")))).toMatchObject({ code: 5, stdout: "x\n" });
    expect(run(pipe(command("yes"), command("head", "-n", "1")))).toMatchObject({ code: 0, stdout: "y\n" });
    expect(run(pipe(feed("b\na\n", "cat"), command("sort"), command("tr", "a-z", "A-Z")))).toMatchObject({
      code: 0,
      stdout: "A\nB\n",
    });
  });

  test("`set -e` in a script holds wherever the script stands", () => {
    const strict = script("set -e\nfalse\necho unreachable");
    for (const what of [
      strict,
      all(strict),
      either(strict, exit(1)),
      pipe(strict, command("cat")),
      all(either(exit(2), strict)),
    ]) {
      expect(run(what)).toMatchObject({ code: 1, stdout: "" });
    }
  });

  test("a script ends only itself, and a syntax error in it is its own", () => {
    expect(run(all(script("exit 0"), command("echo", "on"))).stdout).toBe("on\n");
    const broken = run(all(command("echo", "before"), script("if ("), command("echo", "after")));
    expect(broken.stdout).toBe("before\n");
    expect(broken.code).not.toBe(0);
  });

  test("a program that reads its input never eats the rest of the script", () => {
    expect(run(all(command("cat"), command("echo", "still here"))).stdout).toBe("still here\n");
  });

  test("environment variables reach only their own program", () => {
    const shown: Command = { kind: "exec", argv: ["sh", "-c", 'printf %s "$A"'], env: { A: "it's" } };
    expect(run(all(shown, script('printf "|%s" "${A-none}"'))).stdout).toBe("it's|none");
  });

  test("any text that is fed arrives byte by byte, whatever the program and its arguments look like", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 5000 }),
        fc.string({ unit: "binary" }),
        (text, word) => {
          const argument = word.replaceAll("\0", "");
          const read = script('cat; printf "|%s" "$1"', argument);
          const fed: Command = { ...read, stdin: text } as Command;
          expect(run(all(fed)).stdout).toBe(`${text}|${argument}`);
          expect(run(all(feed(text, "sh", "-c", 'cat; printf "|%s" "$1"', "sh", argument))).stdout).toBe(
            `${text}|${argument}`,
          );
        },
      ),
      { numRuns: 25 },
    );
  });

  test("two megabytes fit through a program's input", () => {
    expect(run(feed("x".repeat(2_000_000), "wc", "-c")).stdout.trim()).toBe("2000000");
  });
});

describe("a description", () => {
  const password = new Secret("hunter2-hunter2");

  test("reads like what a person would type, and never shows what is fed", () => {
    const what = all(
      command("echo", "a b"),
      either(feed(password, "mariadb"), pipe(command("ls"), feed("x", "wc"))),
    );
    expect(describeCommand(what)).toBe("echo 'a b' && (mariadb < [secret] || (ls | wc < (1 characters)))");
    expect(describeCommand(script("# wait for the lock\nset -e\nfoo", "x y"))).toBe(
      "wait for the lock … 'x y'",
    );
    expect(describeCommand(script('set -a; . "$1"; exec "$2"', "/a", "/b"))).toBe(
      'set -a; . "$1"; exec "$2" /a /b',
    );
  });

  test("a secret is taken out of what a program said, also when only a part of it is quoted", () => {
    const sql = new Secret("CREATE USER a IDENTIFIED BY 'hunter2';\nGRANT ALL ON x.* TO a;\n");
    const said = redactor([password, sql])("near 'hunter2' at line 1: hunter2-hunter2");
    expect(said).not.toContain("hunter2");
  });
});

test("what is fed is in no word of the script as it stands", () => {
  expect(render(feed(new Secret("hunter2"), "cat")).text).not.toContain("hunter2");
});

test("a command without a program and a variable with a bad name are refused", () => {
  expect(() => render({ kind: "exec", argv: [] })).toThrow(expect.objectContaining({ code: "bad-argument" }));
  expect(() => render({ kind: "exec", argv: ["x"], env: { "a b": "" } })).toThrow(/environment variable/);
});
