import { expect, it } from "vitest";
import { compare } from "../../src/dashboard/runs/kit/shown.ts";

it("an open list of runs counts up to 100 that have come, and says that there are more below", () => {
  const matching = Array.from({ length: 100 }, (_, n) => ({
    id: String(n),
    created_at: new Date(1e12 - n).toISOString(),
  }));
  const [shown] = matching;
  if (shown === undefined) throw new Error("There is no run.");
  const page = { direction: "older", limit: 25 } as const;
  expect(compare([shown], matching, page)).toEqual({ come: 99, gone: 0, hasMore: true });
  expect(compare([shown], matching.slice(0, 99), page)).toEqual({ come: 98, gone: 0, hasMore: false });
});
