import { beforeAll, describe, expect, it } from "vitest";
import { beginningOf } from "../../src/http/areas.ts";
import { AREAS } from "../../src/routes.ts";
import { type Service, startService } from "../support/service.ts";

let service: Service;

beforeAll(async () => {
  service = await startService();
});

describe("an area", () => {
  it("has all routes of its paths, and no other area has one of its beginnings", async () => {
    const beginnings = AREAS.flatMap((area) => area.beginnings);
    expect(beginnings.toSorted()).toEqual([...new Set(beginnings)].toSorted());
    for (const area of AREAS) {
      const routers = await area.load();
      const paths = routers.flatMap(({ routes }) => routes.map(({ path }) => path));
      const used = new Set(paths.map(beginningOf));
      expect([...used].toSorted()).toEqual(area.beginnings.toSorted());
    }
  });

  it.each([
    ["/", "/"],
    ["/app", "/app"],
    ["/app/runs", "/app"],
    ["/v1", "/v1"],
    ["/v1/", "/v1/"],
    ["/v1/leases", "/v1/leases"],
    ["/v1/workflow-runs/1/log", "/v1/workflow-runs"],
    ["/v10/leases", "/v10"],
    ["//v1/leases", "/"],
  ])("of %s begins with %s", (path, beginning) => {
    expect(beginningOf(path)).toBe(beginning);
  });
});

describe("a path without an area", () => {
  it.each(["/v1", "/v1/", "/v1/workflow-run", "/nowhere", "//v1/leases"])("is 404 as any other: %s", async (path) => {
    const response = await service.fetch(path);
    expect([response.status, await response.json()]).toMatchObject([
      404,
      { type: "urn:workflow-runs:problem:not_found" },
    ]);
    expect(response.headers.get("x-request-id")).not.toBeNull();
  });
});

describe("a path that is written with escapes", () => {
  it("belongs to the area of the path without them", async () => {
    const plain = await service.fetch("/v1/workflow-runs");
    const escaped = await service.fetch("/v1/workflow%2Druns");
    expect([plain.status, escaped.status]).toEqual([401, 401]);
  });
});
