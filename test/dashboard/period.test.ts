import { expect, it } from "vitest";
import { formatStep } from "../../src/dashboard/statistics/period.ts";

it("names a step of a chart by its times, with the weekday where the chart has several days", () => {
  expect(formatStep("2026-01-31T23:00:00.000Z", "24h")).toBe("23:00 to 00:00 UTC");
  expect(formatStep("2026-01-31T09:05:00Z", "1h")).toBe("09:05 to 09:10 UTC");
  expect(formatStep("2026-01-31T18:00:00Z", "7d")).toBe("Sat 18:00 to 00:00 UTC");
});
