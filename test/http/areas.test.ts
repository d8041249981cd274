import { describe, expect, it } from "vitest";
import { findByPath } from "../../src/http/areas.ts";
import { AREAS } from "../../src/routes.ts";
import { startService } from "../support/service.ts";

const service = await startService();

describe("an area", () => {
  it("has all routes of its paths, and no other area has one of them", async () => {
    const paths = AREAS.flatMap((area) => area.paths);
    expect(paths.toSorted()).toEqual([...new Set(paths)].toSorted());
    const byPath = new Map(AREAS.flatMap((area) => area.paths.map((path) => [path, path])));
    for (const area of AREAS) {
      const routers = await area.load();
      const routes = routers.flatMap((router) => router.routes.map(({ path }) => path.replaceAll(/:\w+/g, "1")));
      const used = new Set(routes.map((path) => findByPath(byPath, path)));
      expect([...used].toSorted()).toEqual(area.paths.toSorted());
    }
  });

  it.each([
    ["/", "/"],
    ["/app", "/app"],
    ["/app/runs", "/app"],
    ["/v1/things", "/v1/things"],
    ["/v1/things/1", "/v1/things"],
    ["/v1/things/all", "/v1/things/all"],
    ["/v1/things/1/log", "/v1/things/{id}/log"],
    ["/v1/things/1/log/2", "/v1/things/{id}/log"],
    ["/v1/things/1/other", "/v1/things"],
    ["//v1/things", "/"],
    ["/v1", undefined],
    ["/v1/", undefined],
    ["/v1/thing", undefined],
    ["/v10/things", undefined],
  ])("is found for %s by %s", (path, expected) => {
    const paths = ["/", "/app", "/v1/things", "/v1/things/all", "/v1/things/{id}/log"];
    expect(findByPath(new Map(paths.map((known) => [known, known])), path)).toBe(expected);
  });
});

describe("a path without an area", () => {
  it.each(["/v1", "/v1/", "/v1/workflow-run", "/nowhere", "//v1/leases"])("gets the usual 404: %s", async (path) => {
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
