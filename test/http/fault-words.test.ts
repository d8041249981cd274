import { z } from "@hono/zod-openapi";
import { describe, expect, it } from "vitest";
import { text } from "../../src/http/schemas.ts";
import { findFaults } from "../../src/http/validation.ts";

describe("a fault of a field", () => {
  it.each([
    [z.record(z.string(), z.string()), "x", "Must be an object."],
    [z.strictObject({}), "x", "Must be an object."],
    [z.array(z.string()), "x", "Must be an array."],
    [text({ min: 1 }), "", "Must have at least 1 character."],
    [text({ min: 2 }), "a", "Must have at least 2 characters."],
    [text({ max: 1 }), "ab", "Must have at most 1 character."],
    [z.array(z.string()).min(1), [], "Must have at least 1 item."],
    [z.array(z.string()).max(2), ["a", "b", "c"], "Must have at most 2 items."],
    [z.int().min(1), 0, "Must be at least 1."],
  ])("is told in plain words", (schema, value, msg) => {
    expect(findFaults(schema, value).map((fault) => fault.msg)).toEqual([msg]);
  });
});
