import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Hono } from "hono";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import type { AppEnv } from "./env.ts";
import { answerError } from "./errors.ts";
import { type BodyRule, boundRequest, patternOf } from "./middleware/bound-request.ts";
import { shareWithOrigins } from "./middleware/cross-origin.ts";
import { isolateFiles } from "./middleware/isolate-files.ts";
import { limitAddress } from "./middleware/limit-rate.ts";
import { logRequests } from "./middleware/log-requests.ts";
import { requireHttps } from "./middleware/require-https.ts";
import { noSuchRoute } from "./no-such-route.ts";
import { createRouter } from "./router.ts";
import { kindOf } from "./routes.ts";

/** Pages may only load scripts, styles and data from the service itself. */
const CONTENT_SECURITY_POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", "data:"],
  connectSrc: ["'self'"],
  formAction: ["'self'"],
  baseUri: ["'none'"],
  frameAncestors: ["'none'"],
};

/**
 * Headers for Internet Explorer, Flash and old XSS filters. They are left out: no current browser reads them, and each header
 * costs time in every answer.
 */
const OBSOLETE_HEADERS = {
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
};

/**
 * Builds the Hono app of an area from its routers. The services are passed with each request, as Hono's `env`.
 * @throws Error for a route that was not made by a builder of routes.ts
 */
export function createApp(routers: readonly Hono<AppEnv>[]): OpenAPIHono<AppEnv> {
  const app = createRouter();
  app.onError(answerError);
  app.notFound((c) => {
    throw noSuchRoute(app, c.req.path, "There is no such route. See /docs.");
  });

  const bodyRules: BodyRule[] = [];
  app.use(
    requestId(),
    logRequests,
    isolateFiles,
    secureHeaders({ contentSecurityPolicy: CONTENT_SECURITY_POLICY, ...OBSOLETE_HEADERS }),
    requireHttps,
    shareWithOrigins,
    limitAddress(bodyRules),
    boundRequest(bodyRules),
  );

  for (const router of routers) app.route("/", router);
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== "route") continue;
    const { maxBodyBytes: maxBytes, isSigned = false, isStreamed = false } = kindOf(definition.route);
    if (maxBytes === undefined && !isSigned) continue;
    bodyRules.push({ path: patternOf(definition.route.path), maxBytes, isSigned, isStreamed });
  }
  return app;
}
