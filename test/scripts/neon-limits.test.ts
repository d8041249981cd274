import { describe, expect, it } from "vitest";
import { createRequestLimiter, NEON_LIMITS, readLimits } from "../../scripts/local/neon-limits.ts";

const [POOLED, DIRECT] = ["postgres://u:p@ep-a-pooler.eu.neon.tech/main", "postgres://u:p@ep-a.eu.neon.tech/main"];

/** How many of `count` requests an endpoint may send at this moment. */
const take = (mayAsk: (connectionString: string) => boolean, count: number, connectionString = POOLED) =>
  Array.from({ length: count }, () => mayAsk(connectionString)).filter(Boolean).length;

describe("Neon's limit of requests", () => {
  it("takes 500 at once, then 200 a second, and 500 again after a pause", () => {
    let now = 0;
    const mayAsk = createRequestLimiter(NEON_LIMITS, () => now);
    expect(take(mayAsk, 600)).toBe(500);
    now += 4;
    expect(take(mayAsk, 10)).toBe(0);
    now += 1;
    expect(take(mayAsk, 10)).toBe(1);
    now += 1_000;
    expect(take(mayAsk, 600)).toBe(200);
    now += 60_000;
    expect(take(mayAsk, 600)).toBe(500);
  });

  it("counts by the first label of the host: users and databases together, with and without the pooler apart", () => {
    const mayAsk = createRequestLimiter({ requestsPerSecond: 1, burst: 2 }, () => 0);
    expect(take(mayAsk, 2, "postgres://others:p@ep-a-pooler.eu.neon.tech/other")).toBe(2);
    expect([take(mayAsk, 1, POOLED), take(mayAsk, 1, DIRECT)]).toEqual([0, 1]);
  });
});

describe("the limits of the local stack", () => {
  it("are those of Neon, unless the environment or the command line says otherwise", () => {
    expect(readLimits(undefined, {})).toEqual(NEON_LIMITS);
    expect(readLimits("20ms", { NEON_REQUESTS_PER_SECOND: "0" })).toEqual({
      ...NEON_LIMITS,
      requestsPerSecond: 0,
      latencyMs: 20,
    });
    expect(
      take(
        createRequestLimiter(readLimits(undefined, { NEON_REQUESTS_PER_SECOND: "0" }), () => 0),
        2_000,
      ),
    ).toBe(2_000);
  });

  it("are refused in words when they cannot be read", () => {
    expect(() => readLimits("20")).toThrow("--latency must look like 20ms");
    expect(() => readLimits(undefined, { NEON_REQUESTS_PER_SECOND: "many" })).toThrow("must be a whole number");
  });
});
