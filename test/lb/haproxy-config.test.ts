import { describe, expect, test } from "@jest/globals";
import type { Member } from "../../core/balancer.ts";
import {
  HAPROXY_PATHS,
  initialFiles,
  renderHaproxyConfig,
  renderHoldLua,
  renderServerState,
} from "../../lb/haproxy-config.ts";
import { parseStats } from "../../lb/haproxy-stats.ts";

const options = { port: 8080, health: "/health?full=1", paths: HAPROXY_PATHS };
const east: Member = { name: "east/web-1", site: "east", host: "10.1.0.5", port: 8081, state: "ready" };
const west: Member = { name: "west/web-1", site: "west", host: "fd00::7", port: 8081, state: "off" };

describe("HAProxy's configuration", () => {
  test("names a server after its member, and disables those that are not ready", () => {
    const config = renderHaproxyConfig(options, [west, east]);
    expect(config).toContain("  server east.web-1 10.1.0.5:8081 cookie east.web-1\n");
    expect(config).toContain("  server west.web-1 [fd00::7]:8081 cookie west.web-1 disabled\n");
    expect(config).toContain("http-check send meth GET uri /health?full=1 ver HTTP/1.1");
    expect(config).toContain("http-check expect status 200-399\n");
  });

  test("is the same for the same pool in another order", () => {
    expect(renderHaproxyConfig(options, [west, east])).toBe(renderHaproxyConfig(options, [east, west]));
  });

  test("asks members over TLS for a certificate of the application's authority, when told to", () => {
    expect(renderHaproxyConfig({ ...options, tls: true }, [])).toContain(
      "ssl verify required ca-file /etc/haproxy/hotsite/ca.pem",
    );
    expect(renderHaproxyConfig({ ...options, tls: true }, [east])).toContain("verifyhost web-1.east\n");
    expect(renderHaproxyConfig(options, [east])).not.toMatch(/ssl|verifyhost/);
  });

  test("has the limits that it is given, and logs requests unless told not to", () => {
    const limits = { maxConnections: 5000, serverSeconds: 0.5, tunnelSeconds: 60 };
    const config = renderHaproxyConfig({ ...options, limits, accessLog: false }, []);
    for (const line of ["maxconn 5000", "timeout server 0.5s", "timeout tunnel 60s", "option dontlog-normal"])
      expect(config).toContain(`  ${line}\n`);
    expect(renderHaproxyConfig(options, [])).not.toContain("dontlog-normal");
  });

  test.each([
    { ...east, name: "east/web 1" },
    { ...east, name: "east/x\n  server evil 1.2.3.4:80" },
    { ...east, host: "10.0.0.1 backup" },
    { ...east, host: "" },
  ])("refuses a member that would change its meaning: %j", (member) => {
    expect(() => renderHaproxyConfig(options, [member])).toThrow(
      expect.objectContaining({ code: "bad-balancer-option" }),
    );
  });

  test("refuses a health path with a space or a quote", () => {
    for (const health of ["/a b", '/"', "/x#y", ""]) {
      expect(() => renderHaproxyConfig({ ...options, health }, [])).toThrow(
        expect.objectContaining({ code: "bad-balancer-option" }),
      );
    }
  });
});

test("the state file says maintenance for all but ready members", () => {
  const rows = renderServerState({}, [east, { ...east, name: "east/web-2", state: "drain" }, west]).split(
    "\n",
  );
  expect(rows[0]).toBe("1");
  expect(rows.slice(2, 5).map((row) => row.split(" ").slice(3, 7).join(" "))).toEqual([
    "east.web-1 10.1.0.5 2 4",
    "east.web-2 10.1.0.5 0 1",
    "west.web-1 fd00::7 0 1",
  ]);
});

test.each([
  [true, "1"],
  [false, "0"],
])("the state file says how members are reached: over TLS %s", (tls, column) => {
  const [, header = "", row = ""] = renderServerState({ tls }, [east]).split("\n");
  expect(row.split(" ")[header.split(" ").indexOf("srv_use_ssl") - 1]).toBe(column);
});

test("the files of a fresh node leave the gate open", () => {
  expect(initialFiles(HAPROXY_PATHS)).toMatchObject({ "/etc/haproxy/hotsite/gate.map": "shut 0\n" });
  expect(renderHoldLua(HAPROXY_PATHS)).toContain('Map.new("/etc/haproxy/hotsite/gate.map", Map._str)');
});

test("statistics are read by the names of their columns", () => {
  const csv =
    "# pxname,svname,scur,status,hrsp_2xx,hrsp_5xx,\nhttp,FRONTEND,3,OPEN,9,9,\napp,east.web-1,2,UP 1/2,5,1,\napp,west.web-1,0,MAINT,0,0,\napp,BACKEND,2,UP,5,1,\n\n";
  expect(Object.fromEntries(parseStats(csv))).toEqual({
    "east.web-1": { healthy: true, sessions: 2, requests: 6 },
    "west.web-1": { healthy: false, sessions: 0, requests: 0 },
  });
});
