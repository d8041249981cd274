/**
 * The areas of the service: which module answers which paths. Each area is a Hono app of its own, and its modules are imported at the first
 * request for one of its paths, so a new isolate loads only what its first request needs. What `worker.ts` imports directly delays the first
 * answer. The OpenAPI document needs the modules of all areas, and is made when it is first requested.
 *
 * `npm run deploy` builds what is loaded later into modules of their own (`scripts/local/bundle.ts`), and with the flag `new_module_registry` the
 * runtime compiles a module when it is first imported. In one module, as wrangler builds it, the runtime would read all of it first.
 */
import { type Area, serveAreas } from "./http/areas.ts";

/** The API, in the order of the OpenAPI document. */
const API: readonly Area[] = [
  {
    paths: ["/v1/workflow-definitions"],
    load: async () => [(await import("./workflows/workflow-definitions-routes.ts")).workflowDefinitions],
  },
  {
    paths: ["/v1/workflow-definitions/{id}/policy", "/v1/workflow-definitions/{id}/input-schema"],
    load: async () => [(await import("./workflows/policy-routes.ts")).policies],
  },
  {
    paths: ["/v1/workflow-definitions/{id}/invoke", "/v1/workflow-definitions/{id}/runs"],
    load: async () => [(await import("./runs/workflow-definition-runs-routes.ts")).workflowDefinitionRuns],
  },
  {
    paths: ["/v1/workflow-definitions/{id}/invoke-batch"],
    load: async () => [(await import("./runs/batches/batch-routes.ts")).batchInvokes],
  },
  {
    paths: ["/v1/run-batches"],
    load: async () => [(await import("./runs/batches/batch-routes.ts")).runBatches],
  },
  {
    paths: ["/v1/workflow-definitions/{id}/triggers", "/v1/triggers"],
    load: async () => [
      (await import("./triggers/triggers-routes.ts")).workflowTriggers,
      (await import("./triggers/triggers-routes.ts")).triggers,
      (await import("./triggers/firings-routes.ts")).firings,
    ],
  },
  {
    paths: ["/v1/inbound"],
    load: async () => [(await import("./triggers/inbound/inbound-routes.ts")).inbound],
  },
  {
    paths: ["/v1/workflow-runs/stream", "/v1/workflow-runs/{id}/stream"],
    load: async () => [(await import("./runs/live/run-streams-routes.ts")).runStreams],
  },
  {
    paths: ["/v1/workflow-runs"],
    load: async () => [(await import("./runs/workflow-runs-routes.ts")).workflowRuns],
  },
  {
    paths: [
      "/v1/workflow-runs/{id}/callback",
      "/v1/workflow-runs/{id}/stop",
      "/v1/workflow-runs/{id}/start-now",
      "/v1/workflow-runs/{id}/priority",
      "/v1/workflow-runs/{id}/retry",
    ],
    load: async () => [(await import("./runs/workflow-run-changes-routes.ts")).workflowRunChanges],
  },
  {
    paths: ["/v1/workflow-runs/bulk"],
    load: async () => [(await import("./runs/bulk/bulk-routes.ts")).bulkChanges],
  },
  {
    paths: [
      "/v1/workflow-runs/{id}/details",
      "/v1/workflow-runs/{id}/input",
      "/v1/workflow-runs/{id}/result",
      "/v1/workflow-runs/{id}/explain",
    ],
    load: async () => [(await import("./runs/details/run-details-routes.ts")).runDetails],
  },
  {
    paths: ["/v1/workflow-runs/{id}/log"],
    load: async () => [(await import("./runs/log/log-routes.ts")).runLog],
  },
  {
    paths: ["/v1/workflow-runs/{id}/artifacts"],
    load: async () => [(await import("./runs/artifacts/artifact-routes.ts")).runArtifacts],
  },
  {
    paths: ["/v1/leases", "/v1/workflow-runs/{id}/heartbeat", "/v1/workflow-runs/{id}/release"],
    load: async () => [(await import("./runs/leases/lease-routes.ts")).leases],
  },
  {
    paths: ["/v1/workflow-runs/{id}/children"],
    load: async () => [(await import("./runs/children/children-routes.ts")).children],
  },
  {
    paths: ["/v1/workflow-runs/{id}/checkpoints", "/v1/workflow-runs/{id}/resume"],
    load: async () => [(await import("./runs/checkpoints/checkpoint-routes.ts")).checkpoints],
  },
  {
    paths: [
      "/v1/waits",
      "/v1/workflow-runs/{id}/suspend",
      "/v1/workflow-runs/{id}/waits",
      "/v1/workflow-definitions/{id}/signals",
    ],
    load: async () => [(await import("./runs/suspensions/suspension-routes.ts")).suspensions],
  },
  {
    paths: ["/v1/runner-sessions", "/v1/runner-keys"],
    load: async () => [(await import("./runs/leases/session-routes.ts")).runnerSessions],
  },
  {
    paths: ["/v1/events"],
    load: async () => [(await import("./notify/feed/feed-routes.ts")).feed],
  },
  {
    paths: ["/v1/notification-endpoints"],
    load: async () => [
      (await import("./notify/endpoints/endpoints-routes.ts")).notificationEndpoints,
      (await import("./notify/endpoints/deliveries-routes.ts")).notificationDeliveries,
    ],
  },
  {
    paths: ["/v1/path-parts"],
    load: async () => [(await import("./files/path-parts-routes.ts")).pathParts],
  },
  {
    paths: ["/v1/folders"],
    load: async () => [(await import("./files/folders-routes.ts")).folders],
  },
  {
    paths: ["/v1/users"],
    load: async () => [(await import("./people/users-routes.ts")).users],
  },
  {
    paths: ["/v1/tenants"],
    load: async () => [
      (await import("./people/tenant-users-routes.ts")).tenantUsers,
      (await import("./people/tenant-use-routes.ts")).tenantUse,
    ],
  },
  {
    paths: ["/v1/user-permissions"],
    load: async () => [(await import("./people/user-permissions-routes.ts")).userPermissions],
  },
  {
    paths: ["/v1/api-keys", "/v1/users/{id}/api-keys"],
    load: async () => [(await import("./people/api-keys-routes.ts")).apiKeys],
  },
  {
    paths: ["/v1/sign-in-sessions"],
    load: async () => [(await import("./people/sign-ins/sign-in-sessions-routes.ts")).signInSessions],
  },
  {
    paths: ["/v1/command-line-keys"],
    load: async () => [(await import("./people/sign-ins/command-line-routes.ts")).commandLineKeys],
  },
  {
    paths: ["/v1/invites"],
    load: async () => [(await import("./people/invites-routes.ts")).invites],
  },
  {
    paths: ["/v1/audit-events"],
    load: async () => [(await import("./audit/audit-routes.ts")).auditLog],
  },
  {
    paths: ["/v1/metrics"],
    load: async () => [(await import("./metrics/metrics-routes.ts")).metrics],
  },
  {
    paths: ["/healthz", "/livez"],
    load: async () => [(await import("./sweep/health-routes.ts")).health],
  },
  {
    paths: ["/readyz"],
    load: async () => [(await import("./sweep/readiness-routes.ts")).readiness],
  },
  {
    paths: ["/", "/docs", "/openapi.json", "/llms.txt", "/llms-full.txt"],
    load: async () => [(await import("./docs/docs-routes.tsx")).documentation(describeService)],
  },
];

/** The whole service: every resource, the documentation, the pages, and the tools for agents, which use the API. */
export const AREAS: readonly Area[] = [
  ...API,
  {
    paths: ["/app"],
    load: async () => [(await import("./dashboard/routes.ts")).pages],
  },
  {
    paths: ["/mcp"],
    load: async () => [(await import("./mcp/mcp-routes.ts")).agents(service.fetch)],
  },
  {
    paths: ["/.well-known", "/oauth"],
    load: async () => [(await import("./agents/agent-routes.ts")).agentSignIn],
  },
];

export const service = serveAreas(AREAS);

/** The OpenAPI document of all routes of the API. It loads all their modules. */
export async function describeService() {
  const { describeRoutes } = await import("./http/openapi.ts");
  const { WEBHOOKS } = await import("./notify/webhooks-document.ts");
  const routers = await Promise.all(API.map(({ load }) => load()));
  return describeRoutes(routers.flat(), WEBHOOKS);
}
