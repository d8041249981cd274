import { type Area, serveAreas } from "./http/areas.ts";

/** The API, in the order of the OpenAPI document. */
const API: readonly Area[] = [
  {
    beginnings: ["/v1/workflow-definitions"],
    load: async () => [
      (await import("./workflows/workflow-definitions-routes.ts")).workflowDefinitions,
      (await import("./workflows/policy-routes.ts")).policies,
      (await import("./runs/workflow-definition-runs-routes.ts")).workflowDefinitionRuns,
    ],
  },
  {
    beginnings: ["/v1/workflow-runs", "/v1/leases"],
    load: async () => [
      (await import("./runs/live/run-streams-routes.ts")).runStreams,
      (await import("./runs/workflow-runs-routes.ts")).workflowRuns,
      (await import("./runs/workflow-run-changes-routes.ts")).workflowRunChanges,
      (await import("./runs/bulk/bulk-routes.ts")).bulkChanges,
      (await import("./runs/details/run-details-routes.ts")).runDetails,
      (await import("./runs/log/log-routes.ts")).runLog,
      (await import("./runs/leases/lease-routes.ts")).leases,
    ],
  },
  {
    beginnings: ["/v1/runner-sessions", "/v1/runner-keys"],
    load: async () => [(await import("./runs/leases/session-routes.ts")).runnerSessions],
  },
  {
    beginnings: ["/v1/events"],
    load: async () => [(await import("./notify/feed/feed-routes.ts")).feed],
  },
  {
    beginnings: ["/v1/notification-endpoints"],
    load: async () => [
      (await import("./notify/endpoints/endpoints-routes.ts")).notificationEndpoints,
      (await import("./notify/endpoints/deliveries-routes.ts")).notificationDeliveries,
    ],
  },
  {
    beginnings: ["/v1/path-parts"],
    load: async () => [(await import("./files/path-parts-routes.ts")).pathParts],
  },
  {
    beginnings: ["/v1/folders"],
    load: async () => [(await import("./files/folders-routes.ts")).folders],
  },
  {
    beginnings: ["/v1/users"],
    load: async () => [(await import("./people/users-routes.ts")).users],
  },
  {
    beginnings: ["/v1/tenants"],
    load: async () => [(await import("./people/tenant-users-routes.ts")).tenantUsers],
  },
  {
    beginnings: ["/v1/user-permissions"],
    load: async () => [(await import("./people/user-permissions-routes.ts")).userPermissions],
  },
  {
    beginnings: ["/v1/api-keys"],
    load: async () => [(await import("./people/api-keys-routes.ts")).apiKeys],
  },
  {
    beginnings: ["/v1/invites"],
    load: async () => [(await import("./people/invites-routes.ts")).invites],
  },
  {
    beginnings: ["/v1/metrics"],
    load: async () => [(await import("./metrics/metrics-routes.ts")).metrics],
  },
  {
    beginnings: ["/healthz", "/livez", "/readyz"],
    load: async () => [(await import("./sweep/health-routes.ts")).health],
  },
  {
    beginnings: ["/", "/docs", "/openapi.json", "/llms.txt", "/llms-full.txt"],
    load: async () => [(await import("./docs/docs-routes.tsx")).documentation(describeService)],
  },
];

/** The whole service: every resource, the documentation, and the pages. */
export const AREAS: readonly Area[] = [
  ...API,
  { beginnings: ["/app"], load: async () => [(await import("./dashboard/routes.ts")).pages] },
];

export const createService = () => serveAreas(AREAS);

/** The OpenAPI document of all routes of the API. It loads all their modules. */
export async function describeService() {
  const { describeRoutes } = await import("./http/openapi.ts");
  const { WEBHOOKS } = await import("./notify/webhooks-document.ts");
  const routers = await Promise.all(API.map(({ load }) => load()));
  return describeRoutes(routers.flat(), WEBHOOKS);
}
