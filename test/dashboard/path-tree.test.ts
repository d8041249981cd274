import { expect, it } from "vitest";
import { PathTree } from "../../src/dashboard/files/kit/path-tree.tsx";

/** The names in the tree of these paths, in the order of the page. */
const namesOf = (...paths: string[]) => {
  const parts = paths.map((path) => ({ id: path, path }));
  const html = String(PathTree({ parts } as unknown as Parameters<typeof PathTree>[0]));
  return [...html.matchAll(/<bdi[^>]*>([^<]*)</g)].map(([, name]) => name);
};

it("a tree of paths shows folders that contain only one thing as one branch, and no others", () => {
  expect(namesOf("/shared/reports/2026")).toEqual(["/shared/reports", "2026"]);
  expect(namesOf("/shared/reports/2026", "/shared/reports/2027")).toEqual(["/shared/reports", "2026", "2027"]);
  expect(namesOf("/shared/a/x", "/shared/b/y")).toEqual(["/shared", "a", "x", "b", "y"]);
});
