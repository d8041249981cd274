import { describe, expect, it } from "vitest";
import { labelAfter, severalLabels } from "../src/cli/input.ts";
import { createClient } from "../src/index.ts";
import { aRun, fakeService, json } from "./fake-service.ts";

describe("labels", () => {
  it("are sent with an invoke, and filter a list", async () => {
    const { asked, options } = fakeService(json(aRun("RUNNING"), 202), json({ items: [], next_cursor: null }));
    const client = createClient(options);
    await client.invoke("w", { labels: { customer: "4711" } });
    expect(JSON.parse(asked[0]?.body ?? "")).toEqual({ labels: { customer: "4711" } });
    for await (const _ of client.runs({ label: ["customer:4711", "env:prod"] })) expect.unreachable();
    expect(asked[1]?.path).toBe("/v1/workflow-runs?label=customer%3A4711&label=env%3Aprod&limit=100");
  });

  it("are read from flags of a filter, which may repeat a key", () => {
    expect(severalLabels("env:prod", severalLabels("env:test"))).toEqual(["env:test", "env:prod"]);
    for (const text of ["customer", ":4711", "customer:", ""]) {
      expect(() => severalLabels(text)).toThrow("Write key:value, such as customer:4711.");
    }
  });

  it("are read from flags, of which each key has one", () => {
    expect(labelAfter("at:12:30", labelAfter("customer:4711"))).toEqual({ customer: "4711", at: "12:30" });
    for (const text of ["customer", ":4711", "customer:", ""]) expect(() => labelAfter(text)).toThrow("customer:4711");
    expect(() => labelAfter("a:2", { a: "1" })).toThrow("one label with the key a");
  });
});
