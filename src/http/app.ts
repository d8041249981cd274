import { bodyLimit } from "hono/body-limit";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import { Problem } from "../core/errors.ts";
import { answerError } from "./errors.ts";
import { boundRequest } from "./middleware/bound-request.ts";
import { shareWithOrigins } from "./middleware/cross-origin.ts";
import { limitAddress } from "./middleware/limit-rate.ts";
import { logRequests } from "./middleware/log-requests.ts";
import { pages } from "./pages/pages.ts";
import { createRouter } from "./router.ts";
import { apiKeys } from "./routes/api-keys.ts";
import { documentation } from "./routes/documentation.ts";
import { health } from "./routes/health.ts";
import { pathParts } from "./routes/path-parts.ts";
import { tenantUsers } from "./routes/tenant-users.ts";
import { userPermissions } from "./routes/user-permissions.ts";
import { users } from "./routes/users.ts";
import { workflowDefinitionRuns } from "./routes/workflow-definition-runs.ts";
import { workflowDefinitions } from "./routes/workflow-definitions.ts";
import { workflowRunChanges } from "./routes/workflow-run-changes.ts";
import { workflowRuns } from "./routes/workflow-runs.ts";

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

/** The whole API as one Hono app. What it needs comes with each request, as Hono's `env`. */
export function createApp() {
  const app = createRouter();
  app.onError(answerError);
  app.notFound(() => {
    throw new Problem("not_found", "There is no such route. See /docs.");
  });

  app.use(
    requestId(),
    logRequests,
    secureHeaders({ contentSecurityPolicy: CONTENT_SECURITY_POLICY }),
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

  app.route("/", workflowDefinitions);
  app.route("/", workflowDefinitionRuns);
  app.route("/", workflowRuns);
  app.route("/", workflowRunChanges);
  app.route("/", pathParts);
  app.route("/", users);
  app.route("/", tenantUsers);
  app.route("/", userPermissions);
  app.route("/", apiKeys);
  app.route("/", health);
  app.route("/", pages);
  app.route("/", documentation(app));
  return app;
}
