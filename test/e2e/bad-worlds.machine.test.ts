import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { FaultyEngine } from "../drivers/faulty-engine.ts";
import { Scene } from "./harness.ts";

jest.setTimeout(120_000);

/** One machine goes through everything; each test leaves it as it was. */
describe("a world that is not as it should be", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.of("test/e2e/fixtures/fragile");
    await scene.run("install");
  });
  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
  });

  /** How a command line fails: its exit code, what it says, and what it says to do. */
  const failureOf = async (words: readonly string[], env: NodeJS.ProcessEnv = {}) => {
    const { code, stdout } = await scene.attempt(words, env);
    const { message, hint } = failure.parse(JSON.parse(stdout)).error;
    return { code, said: message.split("\n"), hint };
  };
  /** What the doctor says of the machine. */
  const doctorSays = async (): Promise<readonly string[]> => {
    const { stdout } = await scene.attempt(["doctor"]);
    const [node] = report.parse(JSON.parse(stdout)).nodes;
    return node?.diagnoses.map(({ check, problem, remedy }) => `${check}: ${problem} → ${remedy}`) ?? [];
  };
  const on = (...command: readonly string[]): Promise<string> => scene.on("east/web-1", ...command);
  const edited = async <T>(from: string, to: string, work: () => Promise<T>): Promise<T> => {
    await scene.edit(from, to);
    try {
      return await work();
    } finally {
      await scene.edit(to, from);
    }
  };
  const parameters = 'fragile("web", {';

  test("nothing: the doctor finds nothing, exec and cp go both ways", async () => {
    const { nodes } = (await scene.run("doctor")) as { nodes: readonly { diagnoses: readonly unknown[] }[] };
    expect(nodes.flatMap(({ diagnoses }) => diagnoses)).toEqual([]);
    await writeFile(join(scene.folder, "note.txt"), "from here\n");
    await scene.run("cp", "note.txt", "east/web-1:/tmp/note with 'quotes'.txt");
    const { instances } = await scene.run("exec", "web", "--", "cat", "/tmp/note with 'quotes'.txt");
    expect(instances).toMatchObject([{ node: "east/web-1", exitCode: 0, stdout: "from here" }]);
    await scene.run("cp", "east/web-1:/tmp/note with 'quotes'.txt", "back.txt");
    expect(await readFile(join(scene.folder, "back.txt"), "utf8")).toBe("from here\n");
    expect((await scene.attempt(["exec", "east", "exit 7"])).code).toBe(7);
  });

  test("a full disk is named, with what to do; the same command goes on once there is room", async () => {
    await on("mount -t tmpfs -o size=8k tmpfs /opt && mkdir /opt/fragile && cat /dev/zero >/opt/filler || :");
    const { code, said, hint } = await edited(parameters, `${parameters} message: "second",`, () =>
      failureOf(["install"]),
    );
    await on("umount /opt");
    expect({ code, hint }).toEqual({
      code: 1,
      hint: "make room: apt-get clean; journalctl --vacuum-size=100M; du -xh /opt | sort -h | tail",
    });
    expect(said).toContain("  What is wrong on east/web-1:");
    expect(said).toContain("    disk /opt: is full: 0 MB free");
    await scene.run("install");
  });

  test("a port that something else has", async () => {
    const squat = `use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => 8090, Listen => 1) or die; sleep 600`;
    await on("systemd-run", "--quiet", "--unit", "squatter", "perl", "-e", squat);
    const { code, said, hint } = await edited(parameters, `${parameters} port: 8090,`, () =>
      failureOf(["install"]),
    );
    await on("systemctl stop squatter");
    expect({ code, said: said.at(-2), hint }).toEqual({
      code: 1,
      said: "    port 8090: is taken by perl (squatter.service)",
      hint: "systemctl disable --now squatter.service there, or give the service another port",
    });
  });

  test("a package that no archive knows", async () => {
    const { code, said, hint } = await edited(
      parameters,
      `${parameters} packages: ["no-such-package"],`,
      () => failureOf(["install"]),
    );
    expect(code).toBe(1);
    expect(said).toContain("    E: Unable to locate package no-such-package");
    expect(said).toContain("    packages: not known to the package manager: no-such-package");
    expect(hint).toMatch(/apt-get update/);
  });

  test("a package manager that is at work already", async () => {
    const hold = `use Fcntl; open(my $file, ">", "/var/lib/dpkg/lock-frontend");
      my $lock = pack("s s x![q] q q i x![q]", F_WRLCK, 0, 0, 0, 0); fcntl($file, F_SETLK, $lock) or die; sleep 600`;
    await on("systemd-run", "--quiet", "--unit", "upgrades", "perl", "-e", hold);
    const said = await doctorSays();
    await on("systemctl stop upgrades");
    expect(said).toEqual([
      expect.stringMatching(
        /^packages: perl \(pid \d+\) holds the package manager's lock → wait until it has ended .*; if it hangs, end it$/,
      ),
    ]);
  });

  test("a clock that is an hour behind, in every session on the machine", async () => {
    await on(
      '{ apt-get -qq -o Acquire::Languages=none update && apt-get -qq -y install libfaketime; } >/dev/null 2>&1; printf "SetEnv LD_PRELOAD=%s FAKETIME=-1h\\n" "$(dpkg -L libfaketime | grep -m1 /libfaketime.so.1)" >/etc/ssh/sshd_config.d/05-clock.conf; systemctl reload ssh',
    );
    const says = "clock: is 60 min behind this computer's: certificates and signed package lists are refused";
    const remedy = "turn time synchronisation on, on whichever is wrong: timedatectl set-ntp true";
    const found = await doctorSays();
    const { code, said, hint } = await edited(
      parameters,
      `${parameters} packages: ["no-such-package"],`,
      () => failureOf(["install"]),
    );
    await on("rm /etc/ssh/sshd_config.d/05-clock.conf; systemctl reload ssh");
    expect(found).toEqual([`${says} → ${remedy}`]);
    expect({ code, hint }).toEqual({ code: 1, hint: remedy });
    expect(said).toContain(`    ${says}`);
  });

  test("an installation that the kernel ends for lack of memory", async () => {
    const { code, said, hint } = await edited(parameters, `${parameters} hungry: true,`, () =>
      failureOf(["install"]),
    );
    expect(code).toBe(1);
    expect(said).toContain("  What is wrong on east/web-1:");
    expect(said.at(-2)).toMatch(
      /^ {4}memory: \d+ programs? (was|were) ended for lack of memory since its start; now \d+ MB of 512 MB memory free$/,
    );
    expect(hint).toMatch(/^give the machine more memory, or its services less: heap, memory/);
    await scene.run("install");
  });

  test("an SSH server that is stopped, and a machine that is powered off", async () => {
    await on("systemctl stop ssh");
    const [stopped] = await doctorSays();
    expect(stopped).toMatch(/^port \d+: 127\.0\.0\.1 (refuses connections|port \d+ hangs up at once)/);
    await scene.run("local", "power", "off", "east/web-1", "--yes");
    expect(await doctorSays()).toEqual(["machine: it is powered off → hotsite local power on east/web-1"]);
    await scene.run("local", "power", "on", "east/web-1");
  });

  test("a machine that loses its power in the middle of an installation; the same command goes on", async () => {
    const { code, message, hint } = await edited(parameters, `${parameters} slow: true,`, async () => {
      await scene.run("exec", "east", "systemctl stop fragile");
      const running = scene.start(["install"]);
      await scene.run("exec", "east", "until pgrep -f '^sleep 600$'; do sleep 0.1; done");
      await scene.run("local", "power", "off", "east/web-1", "--yes");
      const { code, stdout } = await running.ended;
      return { code, ...failure.parse(JSON.parse(stdout)).error };
    });
    // The engine may need a moment to notice.
    expect({ code, hint }).toEqual({
      code: 1,
      hint: expect.stringMatching(
        /^(hotsite local power on east\/web-1|wait until it has started|start the SSH server)/,
      ),
    });
    expect(message).toContain("the connection broke while this ran");
    expect(message).toContain("  What is wrong on east/web-1:");
    await scene.run("install");
  });

  test("a container engine that dies in the middle of an installation, and comes back", async () => {
    await using engine = await FaultyEngine.open("/var/run/docker.sock");
    engine.dieAt = /^POST \/\S*containers\/create/;
    const { code, said, hint } = await edited("initial: 1", "initial: 2", async () => {
      const failed = await failureOf(["install"], { DOCKER_HOST: engine.host });
      await scene.run("abort");
      return failed;
    });
    expect(code).toBe(3);
    expect(said[0]).toMatch(/^install stopped at "east\/web-2: launch": make east\/web-2: /);
    expect(said).toContain("Not undone:");
    expect(hint).toMatch(/then: hotsite resume$/);
    const { nodes } = await scene.run("nodes");
    expect(nodes).toMatchObject([{ name: "east/web-1", state: "running" }]);
  });
});

const failure = z.object({ error: z.object({ message: z.string(), hint: z.string().optional() }) });
const report = z.object({
  nodes: z.array(
    z.object({
      diagnoses: z.array(z.object({ check: z.string(), problem: z.string(), remedy: z.string() })),
    }),
  ),
});
