import type { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import { documentation } from "./documentation.ts";
import type { AppEnv } from "./env.ts";
import { answerError } from "./errors.ts";
import { boundRequest } from "./middleware/bound-request.ts";
import { shareWithOrigins } from "./middleware/cross-origin.ts";
import { limitAddress } from "./middleware/limit-rate.ts";
import { logRequests } from "./middleware/log-requests.ts";
import { requireHttps } from "./middleware/require-https.ts";
import { Problem } from "./problems.ts";
import { createRouter } from "./router.ts";
import { kindOf } from "./routes.ts";

const MAX_BODY_BYTES = 64 * 1024;

/** Everything that a page needs comes from the service itself. */
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
 * The routers of the resources as one Hono app. What it needs comes with each request, as Hono's `env`.
 * @throws Error for a route that no builder of routes.ts made
 */
export function createApp(routers: readonly Hono<AppEnv>[]) {
  const app = createRouter();
  app.onError(answerError);
  app.notFound(() => {
    throw new Problem("not_found", "There is no such route. See /docs.");
  });

  app.use(
    requestId(),
    logRequests,
    secureHeaders({ contentSecurityPolicy: CONTENT_SECURITY_POLICY }),
    requireHttps,
    shareWithOrigins,
    limitAddress,
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: () => {
        throw new Problem("payload_too_large");
      },
    }),
    boundRequest,
  );

  for (const router of routers) app.route("/", router);
  app.route("/", documentation(app));
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type === "route") kindOf(definition.route);
  }
  return app;
}
