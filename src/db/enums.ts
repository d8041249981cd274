/** The closed sets of values that the tables hold. */

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

/** The kinds that a person may create. The service creates the others together with what they belong to. */
export const CREATABLE_PART_TYPES = ["FOLDER", "DOCUMENT", "DOCUMENT_VERSION"] as const satisfies readonly PartType[];

export const RUN_STATUSES = ["PENDING", "RUNNING", "COMPLETED", "FAILED"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const RUNNER_TYPES = ["SELF_HOSTED"] as const;
export type RunnerType = (typeof RUNNER_TYPES)[number];

/**
 * Why a run FAILED: its runner said so; its time was up; somebody stopped it; its runner refused it; no runner ever took it;
 * its runner was lost while it worked.
 */
export const FAILURE_CODES = ["REPORTED", "DEADLINE", "STOPPED", "REJECTED", "UNREACHED", "LOST"] as const;
export type FailureCode = (typeof FAILURE_CODES)[number];

/** What is written down when something happens to a run, in the order in which it may first happen. */
export const RUN_EVENT_TYPES = [
  "TRIGGERED",
  "QUEUED",
  "STARTED",
  "DISPATCHED",
  "DISPATCH_FAILED",
  "DISPATCH_POSTPONED",
  "LEASED",
  "RELEASED",
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
  "PAUSED",
] as const;
export type RunEventType = (typeof RUN_EVENT_TYPES)[number];

/** How a run comes to its runner: the service sends it to the runner's URL, or the runner asks for it. */
export const HANDOVERS = ["webhook", "lease"] as const;
export type Handover = (typeof HANDOVERS)[number];

/** The failures after which a policy may have a run tried again by itself. The others are final: a person decides. */
export const RETRYABLE_FAILURES = ["LOST", "UNREACHED", "DEADLINE"] as const satisfies readonly FailureCode[];
export type RetryableFailure = (typeof RETRYABLE_FAILURES)[number];

/** What a key opens: all that its user may do, or nothing but taking runs that are leased. */
export const KEY_KINDS = ["USER", "RUNNER"] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

/** All that is written down: what happens to runs, and what happens to a tenant without a run. */
export const EVENT_TYPES = [...RUN_EVENT_TYPES, "ENDPOINT_DISABLED"] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/**
 * The names that the feed and the notifications have for each type of event, and the only place that defines them: `event_name`
 * in migrations/functions/events.sql is compared with it by a test. All types that end an attempt are `.completed` or
 * `.failed`, and an attempt has one event of them: see `workflow_run_events_end_key`.
 */
export const EVENT_NAMES = {
  TRIGGERED: "workflow_run.triggered",
  QUEUED: "workflow_run.queued",
  STARTED: "workflow_run.started",
  DISPATCHED: "workflow_run.dispatched",
  DISPATCH_FAILED: "workflow_run.dispatch_failed",
  DISPATCH_POSTPONED: "workflow_run.dispatch_postponed",
  LEASED: "workflow_run.leased",
  RELEASED: "workflow_run.released",
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
  PAUSED: "workflow_definition.paused",
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
  "workflow_run.completed",
  "workflow_run.failed",
  "workflow_run.late_result",
  "workflow_definition.paused",
  "notification_endpoint.disabled",
] as const satisfies readonly EventName[];
export type NotifiedEvent = (typeof NOTIFIED_EVENTS)[number];
