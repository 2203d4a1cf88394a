import { describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import type { LinkStatus } from "../../core/protection.ts";
import { LogMeter } from "../../replication/log/metered.ts";
import { exposition } from "../../replication/metrics/exposition.ts";
import { warningsOf } from "../../replication/link-warnings.ts";
import { healthOf, readinessOf } from "../../replication/metrics/health.ts";
import { figures, linkMetrics } from "../../replication/metrics/link-metrics.ts";
import { verifyMetrics } from "../../replication/metrics/verify-metrics.ts";
import { metricsPlace } from "../../replication/metrics/serve.ts";
import { beganAnew, unreadBytes } from "../../replication/source-watch.ts";

const status: LinkStatus = {
  stream: "shop/1",
  epoch: 1,
  state: "paused",
  lagSeconds: 0.5,
  source: { behindBytes: 7 },
};

describe("metrics of a link", () => {
  test("are told as Prometheus reads them, and what is not known is left out", () => {
    const text = exposition(linkMetrics('a"b\\c', status));
    expect(text).toContain('hotsite_link_state{link="a\\"b\\\\c",state="paused"} 1\n');
    expect(text).toContain('hotsite_link_state{link="a\\"b\\\\c",state="failed"} 0\n');
    expect(text).toContain("# TYPE hotsite_link_lag_seconds gauge\n");
    expect(text).toMatch(/hotsite_link_lag_seconds\{[^}]*\} 0\.5\n/);
    expect(text).toMatch(/hotsite_link_source_behind_bytes\{[^}]*\} 7\n/);
    expect(text).not.toContain("hotsite_link_copy_rows");
    expect(text.endsWith("\n")).toBe(true);
    expect(linkMetrics("shop", undefined)).toEqual([]);
  });

  test("of a comparison count what differs at its end", () => {
    const table = {
      ...{ table: "shop.a", sourceRows: 9, targetRows: 7, differing: 4, missing: 2, surplus: 0 },
      ...{ keys: [], changing: 1, uncompared: [] },
    };
    const done = { inserted: 2, deleted: 0, set: 1, left: 1, refused: 0, refusedKeys: [] };
    const text = exposition(verifyMetrics("shop", [table, { ...table, repaired: done }], 5_500));
    expect(text.match(/^hotsite_.*$/gm)).toEqual([
      'hotsite_verify_ended_seconds{link="shop"} 5.5',
      'hotsite_verify_rows{link="shop"} 18',
      'hotsite_verify_differing_rows{link="shop"} 5',
      'hotsite_verify_changing_rows{link="shop"} 2',
      'hotsite_verify_repaired_rows{link="shop"} 3',
    ]);
  });

  test("are all documented, with the unit in the name", () => {
    const page = readFileSync(new URL("../../docs/monitoring.md", import.meta.url), "utf8");
    const names = [
      ...[...figures, ...verifyMetrics("shop", [], 0)].map(({ name }) => name),
      "hotsite_link_state",
    ];
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  test("are asked for on an address of either kind or on a socket", () => {
    expect(metricsPlace("127.0.0.1:9187")).toEqual({ host: "127.0.0.1", port: 9187 });
    expect(metricsPlace("[::1]:9187")).toEqual({ host: "::1", port: 9187 });
    expect(metricsPlace("/run/m.sock")).toEqual({ path: "/run/m.sock" });
    expect(() => metricsPlace("9187")).toThrow("no place for metrics");
  });
});

describe("warnings", () => {
  test("come before the source or the brokers throw away what is needed, with what to do", () => {
    expect(warningsOf({ retentionSeconds: 7 * 3600 }, { faults: [] })).toEqual([]);
    expect(warningsOf({ retentionSeconds: 3 * 3600 }, undefined)).toEqual([
      expect.stringMatching(/in 3 hours.*binlog_expire_logs_seconds/),
    ]);
    const fault = { path: "t: retention.ms", problem: "records could be thrown away", found: "600000" };
    expect(
      warningsOf(undefined, { retentionSeconds: 540, faults: [{ ...fault, remedy: "alter it" }] }),
    ).toEqual(["the log: t: retention.ms is 600000: records could be thrown away in 9 minutes: alter it"]);
  });

  test("come when a first copy begins again and again because the schema is changed", () => {
    const copy = { rows: 10, totalRows: 100, rowsPerSecond: 5, restarts: 2 };
    expect(warningsOf(undefined, undefined, copy)).toEqual([]);
    expect(warningsOf(undefined, undefined, { ...copy, restarts: 3 })).toEqual([
      expect.stringMatching(/begun again 3 times.*exclude/),
    ]);
  });

  test("and a failed link are what a monitor of good and bad is told; ready is only who follows closely enough", () => {
    const streaming: LinkStatus = { ...status, state: "streaming", lagSeconds: 5, warnings: ["soon"] };
    expect(healthOf(streaming)).toMatchObject({ good: true, warnings: ["soon"] });
    expect(healthOf({ ...status, state: "failed", problem: "why" })).toMatchObject({
      good: false,
      problem: "why",
    });
    expect(readinessOf(streaming, 10).good).toBe(true);
    expect(readinessOf(streaming, 4).good).toBe(false);
    expect(readinessOf(status, Infinity).good).toBe(false);
    expect([healthOf(undefined).good, readinessOf(undefined, 10).good]).toEqual([true, false]);
  });
});

describe("bytes", () => {
  test("of the log count from append to apply", () => {
    const meter = new LogMeter();
    meter.appended({ last: 10, bytes: 100, sinceMs: 1000 }, 5);
    meter.appended({ last: 20, bytes: 50, sinceMs: 2000 }, 15);
    expect([meter.bytes, meter.sinceMs]).toEqual([150, 1000]);
    meter.applied(15);
    expect([meter.bytes, meter.sinceMs]).toEqual([50, 2000]);
    meter.failed();
    expect(meter.appends).toEqual({ count: 2, seconds: 0.02, failed: 1 });
    meter.applied(20);
    expect([meter.bytes, meter.sinceMs]).toEqual([0, undefined]);
  });

  test("of the log are not known while some of them are of an earlier process", () => {
    const meter = new LogMeter();
    meter.opened(7);
    meter.appended({ last: 10, bytes: 100, sinceMs: 1000 }, 5);
    meter.applied(6);
    expect([meter.bytes, meter.sinceMs]).toEqual([undefined, undefined]);
    meter.applied(7);
    expect([meter.bytes, meter.sinceMs]).toEqual([100, 1000]);
  });

  test("of the source's binlog count over all files after the place", () => {
    const files = [
      { name: "b.1", bytes: 1000 },
      { name: "b.2", bytes: 500 },
    ];
    expect(unreadBytes({ file: "b.1", offset: 900 }, files)).toBe(600);
    expect(unreadBytes({ file: "b.2", offset: 500 }, files)).toBe(0);
    expect(unreadBytes({ file: "b.0", offset: 4 }, files)).toBeUndefined();
  });

  test.each([
    [{ file: "b.9", offset: 500 }, false],
    [{ file: "b.9", offset: 501 }, true],
    [{ file: "b.11", offset: 4 }, true],
    [{ file: "b.3", offset: 9000 }, false],
  ])("of a binlog that was begun anew are fewer than were read: %j", (place, is) => {
    const files = [
      { name: "b.9", bytes: 500 },
      { name: "b.10", bytes: 100 },
    ];
    expect(beganAnew(place, files)).toBe(is);
  });
});
