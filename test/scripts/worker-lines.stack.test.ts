import { describe, expect, it } from "vitest";
import { createLineFilter } from "../../scripts/local/worker-lines.ts";

const requestLog = JSON.stringify({ level: "info", event: "request", method: "GET", route: "/x", status: 200, ms: 3 });

describe("the lines of the Worker in the local stack's terminal", () => {
  it("are one for each request, as wrangler writes it", () => {
    const readable = createLineFilter();
    const invoked = "[wrangler:info] POST /v1/workflow-definitions/1/invoke 202 Accepted (70ms)";
    expect([readable(requestLog), readable(invoked), readable(invoked)]).toEqual([
      undefined,
      "POST /v1/workflow-definitions/1/invoke 202 Accepted (70ms)",
      "POST /v1/workflow-definitions/1/invoke 202 Accepted (70ms)",
    ]);
    const read = "GET /v1/workflow-runs/1 200 OK (7ms)";
    expect([readable(read), readable(read)]).toEqual([read, read]);
  });

  it("are left out for polls, until the answer changes or some time has passed", () => {
    let now = 0;
    const readable = createLineFilter(() => now);
    expect(readable("GET /healthz 200 OK (5ms)")).toBeUndefined();
    expect(readable("GET /healthz 503 Service Unavailable (5ms)")).toBe("GET /healthz 503 Service Unavailable (5ms)");
    const seen = [];
    for (now = 0; now <= 60_000; now += 10_000) {
      seen.push(readable(`GET /app/health ${now % 20_000 ? "304 Not Modified" : "200 OK"} (${now}ms)`));
    }
    expect(seen.filter((line) => line !== undefined)).toEqual(["GET /app/health 200 OK (0ms)"]);
    expect(readable("GET /app/runs 200 OK (1ms)")).toBe("GET /app/runs 200 OK (1ms)");
    expect(readable("GET /app/health 503 Service Unavailable (1ms)")).toContain("503");
    now += 20_000;
    expect(readable("GET /app/health 200 OK (9ms)")).toBe("GET /app/health 200 OK (9ms)");
  });

  it("show sweeps that have done something, and errors with their origin", () => {
    const readable = createLineFilter();
    const sweep = (timed_out: number) =>
      readable(JSON.stringify({ level: "info", event: "sweep", timed_out, lag_max_ms: null, ms: 20, database_ms: 9 }));
    expect([sweep(0), sweep(2)]).toEqual([undefined, "sweep: timed_out=2 ms=20 database_ms=9"]);
    const error = {
      level: "error",
      event: "internal_error",
      request_id: "r",
      error: "TypeError: no",
      stack: "TypeError: no\n    at f (a.ts:1)",
    };
    expect(readable(`✘ [ERROR] ${JSON.stringify(error)}`)).toBe(
      "ERROR internal_error: TypeError: no request_id=r\n    at f (a.ts:1)",
    );
    expect(readable("▲ [WARNING] something")).toBe("▲ [WARNING] something");
    expect(readable("{not JSON")).toBe("{not JSON");
  });
});
