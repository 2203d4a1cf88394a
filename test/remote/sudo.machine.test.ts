import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import { command, feed, file, script } from "../../core/command.ts";
import type { Machine } from "../../core/driver.ts";
import { CredentialError } from "../../core/errors.ts";
import { Secret } from "../../core/secret.ts";
import type { Shell } from "../../core/shell.ts";
import type { SshLogin, SshTarget, Sudo } from "../../core/ssh.ts";
import { LocalDriver } from "../../drivers/local/driver.ts";
import { newSshKey } from "../../core/ssh-key.ts";
import { examineHost } from "../../remote/doctor/examine.ts";
import { openShell } from "../../remote/ssh.ts";
import { claimOf, loginKey, newOwner } from "../drivers/claim.ts";
import { removeAll, scriptOn } from "../drivers/lab.ts";

jest.setTimeout(60_000);

const signal = AbortSignal.timeout(300_000);
const password = randomBytes(9).toString("hex");
const owner = newOwner();
const driver = new LocalDriver();
let near: Machine;
let far: Machine;

/** One whom sudo trusts, one whom it asks, one whom it does not know, and three who do not get far. Who guesses wrong may guess again at once. */
const people = `
  for person in trusted asked stranger keys-only expired shell-less; do
    useradd --create-home --shell /bin/bash $person && echo "$person:$1" | chpasswd
    install -d -o $person -m 700 /home/$person/.ssh
    install -o $person -m 600 /root/.ssh/authorized_keys /home/$person/.ssh/
  done
  echo 'trusted ALL=(ALL:ALL) NOPASSWD: ALL' >/etc/sudoers.d/people
  echo 'asked ALL=(ALL:ALL) ALL' >>/etc/sudoers.d/people
  usermod --expiredate 1 expired
  usermod --shell /usr/sbin/nologin shell-less
  printf 'Match User keys-only\\n  PasswordAuthentication no\\n  KbdInteractiveAuthentication no\\n' >>/etc/ssh/sshd_config
  sed -i 's/^PasswordAuthentication.*/PasswordAuthentication yes/' /etc/ssh/sshd_config.d/10-hotsite.conf
  sed -i '/pam_unix.so/s/$/ nodelay/' /etc/pam.d/common-auth
  systemctl reload ssh`;

beforeAll(async () => {
  [near, far] = await Promise.all([
    driver.launch(claimOf(owner, "east", "near"), signal),
    driver.launch(claimOf(owner, "east", "far"), signal),
  ]);
  await Promise.all([near, far].map((machine) => scriptOn(machine, people.replace("$1", password), signal)));
}, 120_000);

afterAll(async () => {
  await removeAll(driver, owner);
  await driver[Symbol.asyncDispose]();
});

const privateKey = new Secret(loginKey.privateKey);

function as(login: SshLogin, sudo?: Sudo): SshTarget {
  const hostKey = { known: () => Promise.resolve(near.ssh.hostKey), pin: () => Promise.resolve() };
  return { node: "east/near", at: near.ssh, login, hostKey, ...(sudo && { sudo }) };
}

async function say(target: SshTarget, text: string): Promise<string> {
  await using shell = await openShell(target, signal);
  return (await shell.run(script(text), signal)).stdout;
}

describe.each([
  ["whom sudo trusts", () => as({ user: "trusted", privateKey }, {})],
  ["whom sudo trusts, with a password for nothing", () => as({ user: "trusted", privateKey }, secretly())],
  ["whom sudo asks for a password", () => as({ user: "asked", privateKey }, secretly())],
])("a login %s", (_, target) => {
  let shell: Shell;
  beforeAll(async () => void (shell = await openShell(target(), signal)));
  afterAll(async () => shell[Symbol.asyncDispose]());

  test("runs everything as root, and nothing of sudo's own shows", async () => {
    const { stdout, stderr } = await shell.run(script('id -un; echo "$HOME"; echo heard >&2'), signal);
    expect([stdout, stderr]).toEqual(["root\n/root", "heard"]);
    expect((await shell.run(script("exit 3"), signal, { accept: [3] })).code).toBe(3);
  });

  test("passes bytes to a program unharmed", async () => {
    const text = randomBytes(300_000).toString("hex");
    expect((await shell.run(feed(text, "cat"), signal)).stdout).toBe(text);
  });

  test("puts files where only root may write, with owner and mode, and reads them back", async () => {
    const folder = await mkdtemp(join(tmpdir(), "hotsite-sudo-"));
    const bytes = randomBytes(2_000_000);
    await writeFile(join(folder, "big"), bytes);
    const big = { local: join(folder, "big") };
    const files = [
      file("/root/deep/secret", new Secret("s3cret"), { mode: 0o640, owner: "stranger", group: "daemon" }),
      file("/root/deep/big", big, { mode: 0o755 }),
    ];
    try {
      expect(await shell.upload(files, signal)).toEqual(files.map(({ path }) => path));
      expect(await shell.upload(files, signal)).toEqual([]);
      const look = command("stat", "-c", "%U %G %a", "/root/deep/secret", "/root/deep/big");
      expect((await shell.run(look, signal)).stdout).toBe("stranger daemon 640\nroot root 755");
      expect(bytes.equals(await shell.download("/root/deep/big", signal))).toBe(true);
      await expect(shell.download("/root/deep/none", signal)).rejects.toMatchObject({ code: "no-such-file" });
      expect((await shell.run(command("ls", "-A", "/root/deep"), signal)).stdout).toBe("big\nsecret");
    } finally {
      await shell.run(command("rm", "-rf", "/root/deep"), signal);
      await rm(folder, { recursive: true });
    }
  });

  test("ends an aborted command with everything that it started", async () => {
    const abort = new AbortController();
    const running = shell.run(script("sleep 611 & sleep 612"), abort.signal);
    const failed = expect(running).rejects.toThrow("enough");
    await shell.run(script("until pgrep -xf 'sleep 612'; do sleep 0.05; done"), signal);
    abort.abort(new Error("enough"));
    await failed;
    await shell.run(script("while pgrep -xf 'sleep 61[12]'; do sleep 0.05; done"), signal);
  });

  test("has its password in no process's arguments or environment", async () => {
    const look = "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'";
    expect((await shell.run(script(look), signal)).stdout).not.toContain(password);
  });
});

describe("a login that may not become root", () => {
  test.each([
    ["because sudo does not know it", "stranger", secretly],
    ["because sudo asks and there is no password", "asked", () => ({})],
    ["because the password is wrong", "asked", () => ({ password: new Secret("wrong") })],
  ])("is refused %s, with what sudo said", async (_, user, sudo) => {
    await using shell = await openShell(as({ user, privateKey }, sudo()), signal);
    const refused = shell.run(script("touch /tmp/never"), signal);
    await expect(refused).rejects.toBeInstanceOf(CredentialError);
    await expect(refused).rejects.toThrow(/east\/near: cannot become root with sudo: ./);
    expect(await say(as({ user: "trusted", privateKey }), "ls /tmp")).not.toContain("never");
  });
});

describe("logging in", () => {
  test("works with a password", async () => {
    expect(await say(as({ user: "asked", password: new Secret(password) }), "id -un")).toBe("asked");
    const wrong = openShell(as({ user: "asked", password: new Secret("wrong") }), signal);
    await expect(wrong).rejects.toBeInstanceOf(CredentialError);
  });

  test("works with an encrypted key and its passphrase, and says so when it is missing", async () => {
    const passphrase = "open sesame";
    const options = { passphrase, cipher: "aes256-ctr", rounds: 16 } as const;
    const keys = ssh2.utils.generateKeyPairSync("ed25519", options);
    await scriptOn(near, `echo '${keys.public}' >>/home/trusted/.ssh/authorized_keys`, signal);
    const encrypted = { user: "trusted", privateKey: new Secret(keys.private) };
    const opened = { ...encrypted, passphrase: new Secret(passphrase) };
    expect(await say(as(opened), "id -un")).toBe("trusted");
    await expect(openShell(as(encrypted), signal)).rejects.toMatchObject({
      code: "credentials",
      hint: expect.stringContaining("passphrase"),
    });
  });

  test("works with a key that an agent holds", async () => {
    await using agent = await startAgent(loginKey.privateKey);
    expect(await say(as({ user: "trusted", agent: agent.socket }), "id -un")).toBe("trusted");
    const noAgent = openShell(as({ user: "trusted", agent: "/nowhere" }), signal);
    await expect(noAgent).rejects.toBeInstanceOf(CredentialError);
  });

  test("works through a jump host, whose own host key is pinned", async () => {
    const pinned: string[] = [];
    const jump: SshTarget = {
      ...as({ user: "stranger", privateKey }),
      node: "jump host",
      hostKey: { known: () => Promise.resolve(undefined), pin: async (key) => void pinned.push(key) },
    };
    const target: SshTarget = {
      ...as({ user: "trusted", privateKey }, {}),
      at: { host: far.address, port: 22 },
      hostKey: { known: () => Promise.resolve(far.ssh.hostKey), pin: () => Promise.resolve() },
      jump,
    };
    expect(await say(target, "hostname; id -un")).toBe("east-far\nroot");
    expect(pinned).toEqual([near.ssh.hostKey]);
    const nobody = { ...target, at: { host: far.address, port: 1 }, connectTimeoutMs: 500 };
    await expect(openShell(nobody, signal)).rejects.toMatchObject({ code: "unreachable" });
  });
});

describe("the doctor", () => {
  const nothing = { packages: [], ports: [], units: [] };
  const wrong = new Secret("wrong");

  /** What is in the way of a login, and with what remedy. */
  async function said(target: SshTarget): Promise<string[]> {
    const patient = { node: "east/near", entrance: () => Promise.resolve(target), needs: nothing };
    const { diagnoses } = await examineHost(patient, signal);
    return diagnoses
      .filter((one) => one.serious)
      .flatMap(({ check, problem, remedy }) => [`${check}: ${problem}`, remedy]);
  }

  test("finds nothing against a login that works, by key or by password", async () => {
    expect(await said(as({ user: "asked", privateKey }, secretly()))).toEqual([]);
    expect(await said(as({ user: "asked", password: new Secret(password) }, secretly()))).toEqual([]);
  });

  test.each<[string, () => SshLogin, string, string]>([
    [
      "a wrong password",
      () => ({ user: "asked", password: wrong }),
      "our password: the password is wrong",
      "correct the password",
    ],
    [
      "a key that nobody knows",
      stranger,
      "our key: the key is not in its authorized_keys",
      "put the public key into ~asked/.ssh/authorized_keys",
    ],
    [
      "both",
      () => ({ ...stranger(), password: wrong }),
      "our key or our password: the key is",
      "put the public key",
    ],
    [
      "a password where none is taken",
      () => ({ user: "keys-only", password: wrong }),
      "our password: it takes no passwords",
      "give the config a key",
    ],
  ])("tells %s", async (_, login, problem, remedy) => {
    const [found = "", help = ""] = await said(as(login(), secretly()));
    expect(found).toContain(`login: ${near.ssh.host} does not let ${login().user} in with ${problem}`);
    expect(help).toContain(remedy);
  });

  test("tells an account that has expired", async () => {
    const [found, help] = await said(as({ user: "expired", privateKey }));
    expect(found).toContain("127.0.0.1 hangs up while expired logs in: the account is locked or has expired");
    expect(help).toContain("chage -l expired");
  });

  test("tells a key whose passphrase is missing", async () => {
    const options = { passphrase: "x", cipher: "aes256-ctr", rounds: 16 } as const;
    const keys = ssh2.utils.generateKeyPairSync("ed25519", options);
    const [found, help] = await said(as({ user: "asked", privateKey: new Secret(keys.private) }));
    expect(found).toContain("login: ");
    expect(help).toBe("check the key's file and, when it is encrypted, its passphrase");
  });

  test.each<[string, string, () => Sudo, string, string]>([
    [
      "a wrong password for sudo",
      "asked",
      () => ({ password: wrong }),
      "sudo: east/near: cannot become root with sudo: ",
      "with the password of the config",
    ],
    [
      "a sudo that asks",
      "asked",
      () => ({}),
      "sudo: east/near: cannot become root with sudo: sudo: a password is required",
      "without a password",
    ],
    [
      "somebody whom sudo does not know",
      "stranger",
      secretly,
      "sudo: east/near: cannot become root with sudo: ",
      "let the user run every command as root",
    ],
  ])("tells %s", async (_, user, sudo, problem, remedy) => {
    const [found, help, ...rest] = await said(as({ user, privateKey }, sudo()));
    expect([found, help]).toEqual([expect.stringContaining(problem), expect.stringContaining(remedy)]);
    expect(rest).toEqual([]);
  });

  test("tells a login whose shell runs nothing", async () => {
    const [found] = await said(as({ user: "shell-less", privateKey }));
    expect(found).toContain("shell: it lets us in, and commands do not run");
  });

  test("tells a password that is not set", async () => {
    const entrance = (): Promise<SshTarget> =>
      Promise.reject(new CredentialError("OPS_PASSWORD is not set", { hint: "export it" }));
    const { diagnoses } = await examineHost({ node: "x", entrance, needs: nothing }, signal);
    expect(diagnoses).toEqual([
      { check: "login", serious: true, problem: "OPS_PASSWORD is not set", remedy: "export it" },
    ]);
  });
});

function stranger(): SshLogin {
  return { user: "asked", privateKey: new Secret(newSshKey().privateKey) };
}

function secretly(): Sudo {
  return { password: new Secret(password) };
}

/** An agent of this test's own. */
async function startAgent(key: string): Promise<AsyncDisposable & { readonly socket: string }> {
  const folder = await mkdtemp(join(tmpdir(), "hotsite-agent-"));
  const socket = join(folder, "agent");
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "ignore"] });
  await once(agent.stdout, "data");
  const add = spawn("ssh-add", ["-q", "-"], {
    env: { SSH_AUTH_SOCK: socket },
    stdio: ["pipe", "ignore", "ignore"],
  });
  add.stdin.end(key);
  expect(await once(add, "exit")).toEqual([0, null]);
  return {
    socket,
    [Symbol.asyncDispose]: async () => {
      const ended = once(agent, "exit");
      agent.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
