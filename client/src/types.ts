/** Short names for the API's types. All types are in `components["schemas"]`, with the names of the OpenAPI document. */
import type { components, operations } from "./openapi.ts";

export type { components, operations, paths } from "./openapi.ts";

type Schemas = components["schemas"];

export type Run = Schemas["WorkflowRunResponse"];
export type RunStatus = Schemas["WorkflowRunStatus"];
export type RunSnapshot = Schemas["WorkflowRunSnapshot"];
export type RunEvent = Schemas["WorkflowRunEvent"];
export type RunResult = Schemas["WorkflowRunResult"];
export type RunDetails = Schemas["WorkflowRunDetails"];
/** What a list of runs says of a run beside it, when it is asked for. */
export type ListedDetails = Schemas["ListedRunDetails"];
/** A run of a batch that is to be triggered. */
export type BatchedRun = Schemas["BatchedRun"];
export type TriggeredBatch = Schemas["TriggeredRunBatch"];
export type RunBatch = Schemas["RunBatch"];
/** How a run of a batch has ended or stands. */
export type BatchResult = Schemas["RunBatchResult"];
/** What the runner of an attempt that is RUNNING has reported. */
export type RunProgress = NonNullable<RunDetails["progress"]> & { attempt: number };
export type RunExplanation = Schemas["WorkflowRunExplanation"];
export type RunLog = Schemas["WorkflowRunLog"];
export type RunLogEntry = Schemas["WorkflowRunLogEntry"];
export type Workflow = Schemas["WorkflowDefinitionResponse"];
export type NewWorkflow = Schemas["CreateWorkflowDefinitionRequest"];
export type NewArtifact = Schemas["NewWorkflowRunArtifact"];
export type Policy = Schemas["WorkflowDefinitionPolicy"];
export type NotificationEndpoint = Schemas["NotificationEndpoint"];
export type NotificationDelivery = Schemas["NotificationDelivery"];
/** What triggers runs of a workflow by itself. */
export type Trigger = Schemas["Trigger"];
/** What replaces a trigger. */
export type TriggerContent = Schemas["TriggerRequest"];
export type NewTrigger = Schemas["CreateTriggerRequest"];
/** A trigger as an answer that creates it or gives it a new secret has it. */
export type TriggerWithSecret = Schemas["TriggerWithSecret"];
export type WebhookScheme = Schemas["WebhookScheme"];
/** What became of an occasion on which a trigger could have fired. */
export type Firing = Schemas["TriggerFiring"];
/** An instant of a trigger's schedule. */
export type Occurrence = Schemas["TriggerOccurrences"]["items"][number];
export type Backfill = Schemas["TriggerBackfill"];
export type BackfillRange = Schemas["TriggerBackfillRequest"];
export type ApiKey = Schemas["ApiKeyResponse"];
export type TenantUser = Schemas["TenantUserResponse"];
export type Invite = Schemas["InviteResponse"];
export type Permission = Schemas["PermissionResponse"];
export type Part = Schemas["PathPartResponse"];
export type User = Schemas["UserResponse"];
export type Input = NonNullable<Schemas["InvokeWorkflowRequest"]["input"]>;

type QueryOf<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;
/** An event of the tenant's feed. */
export type FeedEvent = Schemas["Event"];
/** Filters events of the feed: by type and workflow, and after the `next_cursor` of a page. */
export type FeedFilter = Omit<QueryOf<"list_events">, "limit">;
/** Instants of a schedule, and `time_zone_data`: by which release of the IANA time-zone data they were computed. */
export type Occurrences = Schemas["TriggerOccurrences"];
/** Which instants of a schedule: from `from` on and before `to`, the first `limit` of them. */
export type OccurrenceRange = NonNullable<QueryOf<"list_trigger_occurrences">>;
/** A row of the audit log: who changed what. */
export type AuditEvent = Schemas["AuditEvent"];
/** Filters the audit log: by user, object, action, and time. */
export type AuditFilter = Omit<QueryOf<"list_audit_events">, "cursor" | "limit">;
/** Filters runs: by state, workflow, user, batch, labels (`key:value`), and when they were triggered. */
export type RunFilter = Omit<QueryOf<"list_tenant_workflow_runs">, "cursor" | "details" | "limit">;

export const hasEnded = ({ status }: { status: RunStatus }): boolean => status === "COMPLETED" || status === "FAILED";
