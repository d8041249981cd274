import { describe, expect, it } from "vitest";
import { isDeeperThan } from "../../../src/http/json/json-depth.ts";

describe("the depth of JSON", () => {
  it("counts objects and arrays, and not what strings hold", () => {
    const cases: [string, number][] = [
      ["1", 0],
      ["[]", 1],
      ['{"a":[1,[2]]}', 3],
      ["[[],[],[]]", 2],
      ['["[[[["]', 1],
      ['["\\"[[[["]', 1],
      ['["\\\\",[1]]', 2],
      ['{"{{":"}}"}', 1],
    ];
    for (const [json, depth] of cases) {
      expect([json, isDeeperThan(depth, json)]).toEqual([json, false]);
      expect([json, isDeeperThan(depth - 1, json)]).toEqual([json, true]);
    }
  });
});
