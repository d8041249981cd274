/** The closed sets of values in the tables. */

export const ROLES = ["USER", "OWNER", "ADMIN"] as const;
export type Role = (typeof ROLES)[number];

/** How a user signs in at the identity provider. */
export const IDP_TYPES = ["PASSWORD", "GOOGLE", "TENANT"] as const;
export type IdpType = (typeof IDP_TYPES)[number];

export const CAPABILITIES = ["READ_ONLY", "READ_WRITE"] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** Kinds of nodes in a tenant's tree. */
export const PART_TYPES = [
  "FOLDER",
  "DOCUMENT",
  "DOCUMENT_VERSION",
  "SECTION",
  "CHUNK",
  "THREAD",
  "THREAD_MESSAGE",
  "WORKFLOW_DEFINITION",
  "WORKFLOW_RUN",
] as const;
export type PartType = (typeof PART_TYPES)[number];

/** The types of parts that a person may create. The service creates the others together with what they belong to. */
export const CREATABLE_PART_TYPES = ["FOLDER", "DOCUMENT", "DOCUMENT_VERSION"] as const satisfies readonly PartType[];

export const RUN_STATUSES = ["PENDING", "RUNNING", "COMPLETED", "FAILED"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const RUNNER_TYPES = ["SELF_HOSTED"] as const;
export type RunnerType = (typeof RUNNER_TYPES)[number];

/**
 * Why a run FAILED. REPORTED: its runner reported a failure. DEADLINE: its time was up. STOPPED: somebody stopped it. REJECTED:
 * its runner refused it. UNREACHED: no runner ever took it. LOST: its runner was lost while it worked. SUPERSEDED: a newer run took
 * its place in the queue. EXPIRED: it had not started when it had to. WAIT_EXPIRED: it was suspended, and what it waited
 * for had not come when its time was over.
 */
export const FAILURE_CODES = [
  "REPORTED",
  "DEADLINE",
  "STOPPED",
  "REJECTED",
  "UNREACHED",
  "LOST",
  "SUPERSEDED",
  "EXPIRED",
  "WAIT_EXPIRED",
] as const;
export type FailureCode = (typeof FAILURE_CODES)[number];

/** The types of events of a run, in the order in which they can first occur. */
export const RUN_EVENT_TYPES = [
  "TRIGGERED",
  "QUEUED",
  "PRIORITIZED",
  "STARTED",
  "DISPATCHED",
  "DISPATCH_FAILED",
  "DISPATCH_POSTPONED",
  "LEASED",
  "RELEASED",
  "SUSPENDED",
  "ANSWERED",
  "SIGNALLED",
  "STOP_REQUESTED",
  "STOP_SENT",
  "STOP_ACKNOWLEDGED",
  "COMPLETED",
  "FAILED",
  "TIMED_OUT",
  "LOST",
  "STOPPED",
  "RETRIED",
  "LATE_RESULT",
  "BATCH_ENDED",
  "PAUSED",
] as const;
export type RunEventType = (typeof RUN_EVENT_TYPES)[number];

/**
 * What a suspended run waits for. question: an answer of a person, or of whoever may. timer: an instant. children: the ends of runs that
 * it has triggered. signal: what another program says, see `signals.sql`.
 */
export const WAIT_KINDS = ["question", "timer", "children", "signal"] as const;

/** What has become of what a run has waited for: `wait_outcome` in SQL. */
export const WAIT_OUTCOMES = ["answered", "elapsed", "ended", "received", "timed_out"] as const;

/** What a suspended run does when its time is over before all that it waits for has come. */
export const ON_TIMEOUT = ["fail", "continue"] as const;

/** How a run gets to its runner. webhook: the service sends it to the runner's URL. lease: the runner asks for it. */
export const HANDOVERS = ["webhook", "lease"] as const;
export type Handover = (typeof HANDOVERS)[number];

/** What an invoke or a trigger does when as many runs of its group are unfinished as may be RUNNING: `make_room` in SQL. */
export const WHEN_BUSY = ["queue", "skip", "replace_queued", "replace_running"] as const;
export type WhenBusy = (typeof WHEN_BUSY)[number];

/** What a USER needs to run a definition without outputs, on the definition itself. */
export const RUN_NEEDS = ["write", "read"] as const;
export type RunNeeds = (typeof RUN_NEEDS)[number];

/** The failures after which a policy can retry a run automatically. After any other failure, a person decides. */
export const RETRYABLE_FAILURES = [
  "LOST",
  "UNREACHED",
  "DEADLINE",
  "REPORTED",
] as const satisfies readonly FailureCode[];
export type RetryableFailure = (typeof RETRYABLE_FAILURES)[number];

/** What an API key allows. USER: all that its user may do. RUNNER: only to take runs that are leased. */
export const KEY_KINDS = ["USER", "RUNNER"] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

/** What a key may at most do, when it has scopes: read; trigger, stop, retry and delete runs; change what is none of these; read metrics. */
export const SCOPES = ["read", "run", "manage", "metrics"] as const;
export type Scope = (typeof SCOPES)[number];

/** What a tenant may only have so much of: `caps.sql`. */
export const CAPS = ["definitions", "path_parts", "waiting_runs", "artifact_bytes", "sign_in_sessions"] as const;
export type Cap = (typeof CAPS)[number];

/** The classes of rate limits and caps that a tenant may have. The numbers are in wrangler.toml, and in `cap_of` in SQL. */
export const LIMITS = ["default", "large"] as const;
export type Limits = (typeof LIMITS)[number];

/** What makes a trigger fire. schedule: instants of a schedule. webhook: a signed message of another service. run: the end of a run. */
export const TRIGGER_KINDS = ["schedule", "webhook", "run"] as const;
export type TriggerKind = (typeof TRIGGER_KINDS)[number];

/**
 * What became of a firing. FIRED: it has triggered a run. SKIPPED: a run was in the way, and `when_busy` is `skip`. MISSED: nobody handled
 * it in time, or the trigger was paused. REFUSED: an invoke by the trigger's user would have been refused.
 */
export const FIRING_OUTCOMES = ["FIRED", "SKIPPED", "MISSED", "REFUSED"] as const;
export type FiringOutcome = (typeof FIRING_OUTCOMES)[number];

/** What made a trigger fire: its schedule, a person, now or for an instant of the past, a message that it received, or the end of a run. */
export const FIRING_CAUSES = ["schedule", "hand", "backfill", "webhook", "run"] as const;
export type FiringCause = (typeof FIRING_CAUSES)[number];

/** The types of events that are not about a run. */
export const TENANT_EVENT_TYPES = [
  "TRIGGER_SKIPPED",
  "TRIGGER_MISSED",
  "TRIGGER_REFUSED",
  "TRIGGER_PAUSED",
  "ENDPOINT_DISABLED",
] as const;

/** The types of all events: those of runs, and those of a tenant that are not about a run. */
export const EVENT_TYPES = [...RUN_EVENT_TYPES, ...TENANT_EVENT_TYPES] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/**
 * The name that the feed and the notifications use for each type of event. `event_name` in SQL has the same names, and a test
 * compares the two. The names of all types that end an attempt are `.completed` or `.failed`, and an attempt has only one such
 * event: see `workflow_run_events_end_key`.
 */
export const EVENT_NAMES = {
  TRIGGERED: "workflow_run.triggered",
  QUEUED: "workflow_run.queued",
  PRIORITIZED: "workflow_run.prioritized",
  STARTED: "workflow_run.started",
  DISPATCHED: "workflow_run.dispatched",
  DISPATCH_FAILED: "workflow_run.dispatch_failed",
  DISPATCH_POSTPONED: "workflow_run.dispatch_postponed",
  LEASED: "workflow_run.leased",
  RELEASED: "workflow_run.released",
  SUSPENDED: "workflow_run.suspended",
  ANSWERED: "workflow_run.answered",
  SIGNALLED: "workflow_run.signalled",
  STOP_REQUESTED: "workflow_run.stop_requested",
  STOP_SENT: "workflow_run.stop_sent",
  STOP_ACKNOWLEDGED: "workflow_run.stop_acknowledged",
  COMPLETED: "workflow_run.completed",
  FAILED: "workflow_run.failed",
  TIMED_OUT: "workflow_run.failed",
  LOST: "workflow_run.failed",
  STOPPED: "workflow_run.failed",
  RETRIED: "workflow_run.retried",
  LATE_RESULT: "workflow_run.late_result",
  BATCH_ENDED: "run_batch.ended",
  PAUSED: "workflow_definition.paused",
  TRIGGER_SKIPPED: "trigger.skipped",
  TRIGGER_MISSED: "trigger.missed",
  TRIGGER_REFUSED: "trigger.refused",
  TRIGGER_PAUSED: "trigger.paused",
  ENDPOINT_DISABLED: "notification_endpoint.disabled",
} as const satisfies Record<EventType, string>;
export type EventName = (typeof EVENT_NAMES)[EventType];

/** The types that end an attempt of a run. */
export const END_EVENT_TYPES = EVENT_TYPES.filter((type) =>
  ["workflow_run.completed", "workflow_run.failed"].includes(EVENT_NAMES[type]),
);

/** The events that an endpoint can be notified of. */
export const NOTIFIED_EVENTS = [
  "workflow_run.started",
  "workflow_run.suspended",
  "workflow_run.completed",
  "workflow_run.failed",
  "workflow_run.late_result",
  "run_batch.ended",
  "workflow_definition.paused",
  "trigger.skipped",
  "trigger.missed",
  "trigger.refused",
  "trigger.paused",
  "notification_endpoint.disabled",
] as const satisfies readonly EventName[];
export type NotifiedEvent = (typeof NOTIFIED_EVENTS)[number];

/** What an endpoint is sent. standard: a webhook, signed by Standard Webhooks. slack, teams: a message for people in a chat. */
export const ENDPOINT_FORMATS = ["standard", "slack", "teams"] as const;
export type EndpointFormat = (typeof ENDPOINT_FORMATS)[number];

/**
 * The turns of a workflow: a run ends otherwise than the run of the same workflow before it. first_failure: it failed, and the one before
 * it completed, or there was none. works_again: it completed, and the one before it failed.
 */
export const NOTIFICATION_TURNS = ["first_failure", "works_again"] as const;
export type NotificationTurn = (typeof NOTIFICATION_TURNS)[number];

/** The highest priority of a run; the lowest, which a run has unless it is given another, is 0: `priorities.sql`. */
export const MAX_PRIORITY = 9;
