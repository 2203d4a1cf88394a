import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { Member } from "../../core/balancer.ts";
import { all, command, file, script } from "../../core/command.ts";
import type { Shell } from "../../core/shell.ts";
import { LocalDriver } from "../../drivers/local/driver.ts";
import { prepareImage } from "../../drivers/local/image.ts";
import { HAPROXY_PATHS, initialFiles, renderHaproxyConfig, renderHoldLua } from "../../lb/haproxy-config.ts";
import { HaproxyBalancer } from "../../lb/haproxy.ts";
import { aptInstall } from "../../remote/apt.ts";
import { claimOf, newOwner } from "../drivers/claim.ts";
import { removeAll, shellOn } from "../drivers/lab.ts";

jest.setTimeout(120_000);

describe("HAProxy as Debian runs it", () => {
  const signal = AbortSignal.timeout(900_000);
  const owner = newOwner();
  const driver = new LocalDriver();
  const options = { port: 8080, health: "/", paths: HAPROXY_PATHS };
  const member = (name: string, port: number, state: Member["state"]): Member => {
    return { name, site: "east", host: "127.0.0.1", port, state };
  };
  let shell: Shell;
  let balancer: HaproxyBalancer;
  beforeAll(async () => {
    await prepareImage(() => undefined, signal);
    shell = await shellOn(await driver.launch(claimOf(owner, "edge", "lb-1"), signal), signal);
    const initial = Object.entries(initialFiles(HAPROXY_PATHS)).map(([path, text]) => file(path, text));
    await shell.run(aptInstall(["haproxy"]), signal);
    const config = file(HAPROXY_PATHS.config, renderHaproxyConfig(options, []));
    await shell.upload([config, file(HAPROXY_PATHS.lua, renderHoldLua(HAPROXY_PATHS)), ...initial], signal);
    await shell.run(all(...[8081, 8082].map(answering), command("systemctl", "start", "haproxy")), signal);
    balancer = new HaproxyBalancer(shell, options);
  }, 900_000);
  afterAll(async () => {
    await shell[Symbol.asyncDispose]();
    await removeAll(driver, owner);
    await driver[Symbol.asyncDispose]();
  });

  const answer = async (): Promise<string> =>
    (await shell.run(command("curl", "-s", "-m", "5", "http://127.0.0.1:8080/"), signal)).stdout;

  test("new members come with a reload, and a restart of the service keeps the pool", async () => {
    await balancer.apply([member("east/web-1", 8081, "ready"), member("east/web-2", 8082, "off")], signal);
    expect(await answer()).toBe("8081");
    await balancer.apply([member("east/web-1", 8081, "off"), member("east/web-2", 8082, "ready")], signal);
    expect(await answer()).toBe("8082");
    await shell.run(command("systemctl", "restart", "haproxy"), signal);
    expect(await answer()).toBe("8082");
  });

  test("held requests wait until they are released", async () => {
    await balancer.hold(10_000, signal);
    const waiting = answer();
    await balancer.drain(["east/web-2"], 2000, signal);
    await balancer.apply([member("east/web-1", 8081, "ready"), member("east/web-2", 8082, "off")], signal);
    await balancer.release(signal);
    expect(await waiting).toBe("8081");
  });
});

/** A tiny web server on the node that answers with its port. */
function answering(port: number): ReturnType<typeof script> {
  const serve = `use IO::Socket::INET; $l = IO::Socket::INET->new(LocalPort => $ARGV[0], Listen => 50, ReuseAddr => 1);
while ($c = $l->accept) { while (<$c>) { last if /^\\r/ } print $c "HTTP/1.1 200 OK\\r\\nContent-Length: 4\\r\\nConnection: close\\r\\n\\r\\n$ARGV[0]"; close $c }`;
  return script(
    'systemd-run --quiet --unit="answer-$2" perl -e "$1" "$2"',
    serve.replaceAll("$", "$$$$"),
    String(port),
  );
}
