/**
 * Divides the service into areas by the path. The modules of an area are loaded at the first request for one of its paths, so a
 * new isolate answers its first request sooner: it loads only what that request needs.
 */
import type { ExecutionContext, Hono } from "hono";
import { getPath } from "hono/utils/url";
import { createApp } from "./app.ts";
import type { AppEnv, Services } from "./env.ts";

export type Area = {
  /** The paths of the area, as {@link findByPath} finds them. All routes of a path are in the same area. */
  paths: readonly string[];
  /** Imports the modules of the area, and returns their routers. */
  load: () => Promise<readonly Hono<AppEnv>[]>;
};

/** Answers a request, with the services as its environment. */
export type Fetch = (request: Request, services: Services, context: ExecutionContext) => Response | Promise<Response>;

/** Answers each request by the app of its area. A path that belongs to no area is 404. */
export function serveAreas(areas: readonly Area[]): { fetch: Fetch } {
  const nowhere = openArea({ paths: [], load: async () => [] });
  const byPath = new Map<string, Fetch>();
  for (const area of areas) {
    const fetch = openArea(area);
    for (const path of area.paths) byPath.set(path, fetch);
  }
  return {
    fetch(request, services, context) {
      const fetch = findByPath(byPath, getPath(request)) ?? nowhere;
      return fetch(request, services, context);
    },
  };
}

/**
 * Finds the value for a path, and tries the most specific key first. For `/v1/workflow-runs/1/log` the keys are
 * `/v1/workflow-runs/{id}/log`, `/v1/workflow-runs/1` and `/v1/workflow-runs`. A path outside of the API has one key, its first
 * segment: `/app` for `/app/runs`.
 */
export function findByPath<Value>(byPath: ReadonlyMap<string, Value>, path: string): Value | undefined {
  const [, first, collection, item, action] = path.split("/", 5);
  if (first !== "v1") return byPath.get(`/${first}`);
  const ofAction = action === undefined ? undefined : byPath.get(`/v1/${collection}/{id}/${action}`);
  return ofAction ?? byPath.get(`/v1/${collection}/${item}`) ?? byPath.get(`/v1/${collection}`);
}

function openArea({ load }: Area): Fetch {
  let app: Hono<AppEnv> | undefined;
  return (request, services, context) => {
    if (app) return app.fetch(request, services, context);
    // Concurrent first requests each load the area, and do not share one promise: a promise belongs to the request that made it.
    return load().then((routers) => {
      app ??= createApp(routers);
      return app.fetch(request, services, context);
    });
  };
}
