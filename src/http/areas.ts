/**
 * Divides the service into areas by the beginning of the path. The modules of an area are loaded at the first request for one of
 * its paths, so a new isolate answers its first request sooner: it loads only what that request needs.
 */
import type { ExecutionContext, Hono } from "hono";
import { getPath } from "hono/utils/url";
import { createApp } from "./app.ts";
import type { AppEnv, Services } from "./env.ts";

export type Area = {
  /** The beginnings of the area's paths, as {@link beginningOf} returns them. No other area has them. */
  beginnings: readonly string[];
  /** Imports the modules of the area, and returns their routers. */
  load: () => Promise<readonly Hono<AppEnv>[]>;
};

type Fetch = (request: Request, services: Services, context: ExecutionContext) => Response | Promise<Response>;

/** The part of a path that decides its area: the first segment, or the first two of the API: `/v1/workflow-runs`, `/app`, `/`. */
export const beginningOf = (path: string): string => /^(?:\/v1)?\/[^/]*/.exec(path)?.[0] ?? "/";

/** Answers each request by the app of its area. A path that belongs to no area is 404. */
export function serveAreas(areas: readonly Area[]): { fetch: Fetch } {
  const nowhere = openArea({ beginnings: [], load: async () => [] });
  const fetchByBeginning = new Map<string, Fetch>();
  for (const area of areas) {
    const fetch = openArea(area);
    for (const beginning of area.beginnings) fetchByBeginning.set(beginning, fetch);
  }
  return {
    fetch(request, services, context) {
      const fetch = fetchByBeginning.get(beginningOf(getPath(request))) ?? nowhere;
      return fetch(request, services, context);
    },
  };
}

function openArea({ load }: Area): Fetch {
  let app: Hono<AppEnv> | undefined;
  return (request, services, context) => {
    if (app) return app.fetch(request, services, context);
    // Concurrent first requests each load the area. If they shared one promise, it would belong to the request that made it.
    return load().then((routers) => {
      app ??= createApp(routers);
      return app.fetch(request, services, context);
    });
  };
}
