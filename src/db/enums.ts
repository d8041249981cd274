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
