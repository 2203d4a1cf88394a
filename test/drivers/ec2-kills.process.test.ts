import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { Emulator } from "./ec2/emulator.ts";
import { Kills, moments } from "./ec2/kills.ts";

jest.setTimeout(240_000);

describe("a process that uses EC2 and is killed in the middle of a call", () => {
  let emulator: Emulator;
  let kills: Kills;

  beforeAll(async () => {
    emulator = await Emulator.open("greeter");
    kills = await Kills.open(emulator);
  }, 300_000);

  afterAll(async () => {
    await kills[Symbol.asyncDispose]();
    await emulator[Symbol.asyncDispose]();
  });

  // Each call at one of the three moments: before the cloud hears of it, after it did it, after its answer came.
  const inTurn = (call: number, moment: string): boolean => moments.indexOf(moment as never) === call % 3;

  test("while it launches: the next launch has one machine, and everything goes", async () => {
    const actions = await kills.everyCall("launch", inTurn, AbortSignal.timeout(220_000));
    const names = actions.map((action) => action.split(" ")[0]);
    expect(names).toEqual([
      ...["CreateVpc", "CreateInternetGateway", "AttachInternetGateway", "CreateRoute", "CreateSubnet"],
      ...["CreateSecurityGroup", "AuthorizeSecurityGroupIngress"],
      ...["CreateSecurityGroup", "AuthorizeSecurityGroupIngress"],
      ...["ImportKeyPair", "RunInstances", "AllocateAddress", "AssociateAddress"],
    ]);
  });

  test("while it removes: removing again leaves nothing", async () => {
    const actions = await kills.everyCall("remove", inTurn, AbortSignal.timeout(220_000));
    const names = actions.map((action) => action.split(" ")[0]);
    expect(names).toEqual([
      ...["TerminateInstances", "DisassociateAddress", "ReleaseAddress", "DeleteKeyPair"],
      ...["DeleteSecurityGroup", "DeleteSecurityGroup", "DeleteSubnet"],
      ...["DetachInternetGateway", "DeleteInternetGateway", "DeleteVpc"],
    ]);
  });
});
