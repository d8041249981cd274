import { pages } from "./dashboard/routes.ts";
import { documentation } from "./docs/docs-routes.tsx";
import { folders } from "./files/folders-routes.ts";
import { pathParts } from "./files/path-parts-routes.ts";
import { createApp } from "./http/app.ts";
import { metrics } from "./metrics/metrics-routes.ts";
import { notificationDeliveries } from "./notify/endpoints/deliveries-routes.ts";
import { notificationEndpoints } from "./notify/endpoints/endpoints-routes.ts";
import { feed } from "./notify/feed/feed-routes.ts";
import { WEBHOOKS } from "./notify/webhooks-document.ts";
import { apiKeys } from "./people/api-keys-routes.ts";
import { invites } from "./people/invites-routes.ts";
import { tenantUsers } from "./people/tenant-users-routes.ts";
import { userPermissions } from "./people/user-permissions-routes.ts";
import { users } from "./people/users-routes.ts";
import { bulkChanges } from "./runs/bulk/bulk-routes.ts";
import { runDetails } from "./runs/details/run-details-routes.ts";
import { leases } from "./runs/leases/lease-routes.ts";
import { runnerSessions } from "./runs/leases/session-routes.ts";
import { runStreams } from "./runs/live/run-streams-routes.ts";
import { runLog } from "./runs/log/log-routes.ts";
import { workflowDefinitionRuns } from "./runs/workflow-definition-runs-routes.ts";
import { workflowRunChanges } from "./runs/workflow-run-changes-routes.ts";
import { workflowRuns } from "./runs/workflow-runs-routes.ts";
import { health } from "./sweep/health-routes.ts";
import { policies } from "./workflows/policy-routes.ts";
import { workflowDefinitions } from "./workflows/workflow-definitions-routes.ts";

/** The whole service: every resource, and the pages. */
export function createService() {
  const service = createApp(documentation, [
    workflowDefinitions,
    policies,
    workflowDefinitionRuns,
    runStreams,
    workflowRuns,
    workflowRunChanges,
    bulkChanges,
    runDetails,
    runLog,
    feed,
    leases,
    runnerSessions,
    notificationEndpoints,
    notificationDeliveries,
    pathParts,
    folders,
    users,
    tenantUsers,
    userPermissions,
    apiKeys,
    invites,
    metrics,
    health,
    pages,
  ]);
  for (const webhook of WEBHOOKS) service.openAPIRegistry.registerWebhook(webhook);
  return service;
}
