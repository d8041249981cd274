import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../../scripts/local/folders.ts";
import { TRIGGER_KINDS } from "../../../src/db/enums.ts";

/** Routes that answer no page of their own: a text, a part of a page that is asked for again, and the way to another page. */
const NO_PAGES = [
  "/app/runs/:id/log",
  "/app/runs/:id/follow-log",
  "/app/triggers/preview",
  "/app/settings",
  "/app/sign-in/oidc",
  "/app/sign-in/oidc/callback",
];

/** The constant in a path that is not a literal, in the folder of its routes. */
const HREF = "/app/settings/notifications";

/** What stands for the kind of a trigger in the path of its form, and what each kind has there. */
const KIND = /\$\{end\}/;
const ENDS_OF_KINDS = TRIGGER_KINDS.map((kind) => (kind === "schedule" ? "" : `-${kind}`));

/** The routes of all pages of the dashboard, as its source names them. */
export function routesOfPages(): string[] {
  const sources = globSync("src/dashboard/**/*.{ts,tsx}", { cwd: root }).map((path) =>
    readFileSync(join(root, path), "utf8"),
  );
  const given = sources.flatMap((source) => [...source.matchAll(/\.(?:page|openPage)\(\s*([^\s,]+),/g)]);
  return given
    .map(([, path = ""]) =>
      path
        .replace(/\$\{HREF\}/, HREF)
        .replace(/^HREF$/, HREF)
        .replaceAll(/["`]/g, ""),
    )
    .flatMap((path) => (KIND.test(path) ? ENDS_OF_KINDS.map((end) => path.replace(KIND, end)) : path))
    .filter((path) => !NO_PAGES.includes(path))
    .toSorted();
}

/** The routes that none of the paths belongs to. A path belongs to the route that is the same text, if there is one. */
export function routesWithout(paths: Iterable<string>): string[] {
  const routes = routesOfPages();
  const patternOf = (route: string) => new RegExp(`^${route.replaceAll(/:\w+/g, "[^/]+")}$`);
  const met = new Set(
    [...paths].map((path) => (routes.includes(path) ? path : routes.find((route) => patternOf(route).test(path)))),
  );
  return routes.filter((route) => !met.has(route));
}
