import type { Hono } from "hono";
import type { AppEnv } from "./env.ts";
import { Problem } from "./problems.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/**
 * The problem for a request that has no route: `method_not_allowed` with the header `Allow` when the path has routes for other
 * methods, otherwise `not_found` with `detail`.
 */
export function noSuchRoute(app: Hono<AppEnv>, path: string, detail: string): Problem {
  const allowed = METHODS.filter((method) => hasRoute(app, method, path));
  if (allowed.length === 0) return new Problem("not_found", detail);
  const allow = allowed.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])).join(", ");
  return new Problem("method_not_allowed", undefined, { Allow: allow });
}

/** Middleware is ignored, since it is registered for all methods and matches every path. */
function hasRoute(app: Hono<AppEnv>, method: string, path: string): boolean {
  const [matches] = app.router.match(method, path);
  return matches.some(([[, route]]) => route.method === method);
}
