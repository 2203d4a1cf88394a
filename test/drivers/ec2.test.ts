import { describe, expect, test } from "@jest/globals";
import { freeSubnet } from "../../drivers/ec2/cidr.ts";
import { translated } from "../../drivers/ec2/errors.ts";

describe("errors of EC2", () => {
  test.each([
    ["InsufficientInstanceCapacity", "no-capacity", true],
    ["Unsupported", "no-capacity", true],
    ["VcpuLimitExceeded", "quota", false],
    ["MaxSpotInstanceCountExceeded", "quota", false],
    ["RequestLimitExceeded", "cloud-busy", true],
    ["DependencyViolation", "cloud-busy", true],
    ["UnauthorizedOperation", "credentials", false],
    ["ExpiredTokenException", "credentials", false],
    ["CredentialsProviderError", "credentials", false],
    ["InvalidInstanceID.Malformed", "node-not-found", false],
    ["InvalidVpcID.NotFound", "cloud-refused", true],
    ["InvalidParameterValue", "cloud-refused", false],
  ])("%s is told as %s", (name, code, retryable) => {
    const error = Object.assign(new Error("as the cloud says"), { name });
    expect(translated("do it", error)).toMatchObject({
      ...{ code, retryable, cause: error, details: { code: name } },
      message: `EC2 could not do it: ${name}: as the cloud says`,
    });
  });

  test("a cloud that cannot be reached is worth another try", () => {
    const error = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
    expect(translated("do it", error)).toMatchObject({ code: "unreachable", retryable: true });
  });

  test("being told to stop is no fault of the cloud", () => {
    const error = Object.assign(new Error("aborted"), { name: "AbortError" });
    expect(translated("do it", error)).toBe(error);
  });
});

describe("the range of one more site", () => {
  test.each([
    ["10.77.0.0/16", [], "10.77.0.0/24"],
    ["10.77.0.0/16", ["10.77.0.0/24", "10.77.2.0/24"], "10.77.1.0/24"],
    ["10.77.0.0/16", ["10.77.0.0/20"], "10.77.16.0/24"],
    ["10.77.5.0/26", [], "10.77.5.0/26"],
    ["10.77.5.0/26", ["10.77.5.0/26"], undefined],
    ["172.31.254.0/23", ["172.31.254.0/24", "172.31.255.128/25"], undefined],
  ])("in %s beside %p is %s", (whole, taken, free) => {
    expect(freeSubnet(whole, taken)).toBe(free);
  });
});
