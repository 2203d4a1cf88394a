import { describe, expect, test } from "@jest/globals";
import { forgetOrder, orderAfter, orderInForce } from "../../lifecycle/link-order.ts";
import { changeFacts } from "../../lifecycle/facts.ts";
import { FakeWorld, forever } from "../failover/fake-world.ts";

const way = { from: "east", to: "west" };

function unprotected() {
  const world = new FakeWorld();
  const controls = {
    witness: () => world.witness,
    link: (site: string) => world.link(site),
    database: (site: string) => world.database(site),
  };
  return { world, controls, order: () => orderInForce(world, controls, way, forever) };
}

describe("the order of a first link", () => {
  test("is given once: a run that was interrupted goes on with it", async () => {
    const { world, order } = unprotected();
    const first = await order();
    expect(first).toMatchObject({ ...way, epoch: 1, begin: "copy" });
    world.commit("east");
    expect(await order()).toEqual(first);
  });

  test("is forgotten with its copy when the install is taken back, and the next one copies anew from where the source is", async () => {
    const { world, order } = unprotected();
    await order();
    await changeFacts(world, { copied: true });
    await forgetOrder(world);
    expect(await world.facts()).toMatchObject({ link: null, copied: false, activeSite: "east" });
    world.commit("east");
    const { position } = await world.database("east").state(forever);
    expect(await order()).toMatchObject({ start: position, epoch: 1, begin: "copy" });
  });

  test("takes a new epoch where the gateway has followed the present one, because a stream begins only once", async () => {
    const { world, order } = unprotected();
    await world.link("west").start(await order(), forever);
    await world.link("west").stop(forever);
    await forgetOrder(world);
    expect(await order()).toMatchObject({ epoch: 2, stream: "petclinic/db/2" });
    expect(world.authority).toEqual({ epoch: 2, writer: "east" });
  });

  test("goes on in a stream of its own from what the standby has, when the one before has ended", async () => {
    const { world, controls, order } = unprotected();
    world.commit("east");
    const first = await order();
    await world.link("west").start(first, forever);
    world.commit("east");
    await world.link("west").stop(forever);
    world.commit("east");
    expect(await orderAfter(world, controls, first, forever)).toEqual({
      ...{ ...way, stream: "petclinic/db/2", epoch: 2, begin: "stream", start: "1-101-2" },
    });
  });

  test("begins with another copy when the one before had not ended", async () => {
    const { world, controls, order } = unprotected();
    world.commit("east");
    const first = await order();
    expect(await orderAfter(world, controls, first, forever)).toMatchObject({
      ...{ epoch: 1, begin: "copy", start: "1-101-1" },
    });
  });

  test("is refused where the gateway has seen a later epoch than the witness knows", async () => {
    const { world, order } = unprotected();
    await world.link("west").start({ ...(await order()), epoch: 5 }, forever);
    await forgetOrder(world);
    await expect(order()).rejects.toMatchObject({ code: "stale-epoch" });
  });

  test("has nothing to forget where nothing was ever protected", async () => {
    const { world } = unprotected();
    await forgetOrder(world);
    expect(await world.facts()).toBeUndefined();
  });
});
