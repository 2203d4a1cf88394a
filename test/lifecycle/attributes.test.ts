import { describe, expect, test } from "@jest/globals";
import type { NodeView } from "../../core/recipe.ts";
import {
  attributesFor,
  forgetAttributes,
  readAttributes,
  removeAttribute,
  setAttribute,
  type AttributesPlace,
} from "../../lifecycle/attributes.ts";
import { memoryStore } from "../failover/memory-store.ts";

describe("attributes", () => {
  test("are seen by what they were set for, and by nothing else", async () => {
    const shop = placeOf();
    await fill(shop);
    const all = await readAttributes(shop);
    const seen = attributesFor(all, web1);
    expect(seen.global).toEqual({ proxy: "10.0.0.9" });
    expect(seen.application).toEqual({ banner: "open" });
    expect(seen.service()).toEqual({ colour: "green" });
    expect(seen.service("db")).toEqual({});
    expect(seen.instance()).toEqual({ weight: "10" });
    expect(seen.instance({ ...web1, name: "web-2" })).toEqual({});
  });

  test("of another application that keeps its state in the same folder are not seen", async () => {
    const shop = placeOf();
    await fill(shop);
    const other = { ...shop, application: { name: "sho" } };
    expect(await readAttributes(other)).toEqual([
      { scope: { level: "global" }, key: "proxy", value: "10.0.0.9" },
    ]);
  });

  test("of an instance go with its node, those of the application with its uninstallation, shared ones stay", async () => {
    const shop = placeOf();
    await fill(shop);
    await forgetAttributes(shop, { site: "east", name: "web-1" });
    expect((await readAttributes(shop)).map(({ key }) => key)).toEqual(["proxy", "banner", "colour"]);
    await forgetAttributes(shop);
    await forgetAttributes(shop);
    expect((await readAttributes(shop)).map(({ key }) => key)).toEqual(["proxy"]);
  });

  test("removed twice were there once", async () => {
    const shop = placeOf();
    await fill(shop);
    const wanted = { scope: { level: "application" }, key: "banner" } as const;
    expect(await removeAttribute(shop, wanted)).toBe(true);
    expect(await removeAttribute(shop, wanted)).toBe(false);
  });

  test.each(["", "9lives", "a/b", "with space"])("are not called %j", async (key) => {
    const set = setAttribute(placeOf(), { scope: { level: "global" }, key, value: "" });
    await expect(set).rejects.toMatchObject({ code: "usage" });
  });
});

const web1: NodeView = {
  ...{ site: "east", role: "primary", service: "web", name: "web-1", index: 1, address: "10.0.0.1" },
  exposed: {},
};

function placeOf(): AttributesPlace {
  return { store: memoryStore(), application: { name: "shop" } };
}

async function fill(place: AttributesPlace): Promise<void> {
  await setAttribute(place, { scope: { level: "global" }, key: "proxy", value: "10.0.0.9" });
  await setAttribute(place, { scope: { level: "application" }, key: "banner", value: "open" });
  await setAttribute(place, { scope: { level: "service", service: "web" }, key: "colour", value: "red" });
  await setAttribute(place, { scope: { level: "service", service: "web" }, key: "colour", value: "green" });
  const instance = { level: "instance", site: "east", name: "web-1", service: "web" } as const;
  await setAttribute(place, { scope: instance, key: "weight", value: "10" });
}
