import process from "node:process";
import { expect, it } from "vitest";
import { timeZoneData } from "../../src/triggers/schedule/time-zone-data.ts";

// Node knows the release of its data, which a Worker does not. When a newer Node fails here, its release has changed instants that
// `CHANGES` does not have yet.
it("the release of the time-zone data is found by what it has changed", () => {
  expect(timeZoneData()).toBe(process.versions.tz);
});
