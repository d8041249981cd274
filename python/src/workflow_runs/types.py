"""The types of the API.

Made by `npm run client:types` from the OpenAPI document of the service. Do not edit: `npm run check` fails when the document
says something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict


WorkflowRunnerType: TypeAlias = Literal["SELF_HOSTED"]
PartType: TypeAlias = Literal["FOLDER", "DOCUMENT", "DOCUMENT_VERSION", "SECTION", "CHUNK", "THREAD", "THREAD_MESSAGE", "WORKFLOW_DEFINITION", "WORKFLOW_RUN"]
WorkflowRunStatus: TypeAlias = Literal["PENDING", "RUNNING", "COMPLETED", "FAILED"]
TriggerKind: TypeAlias = Literal["schedule", "webhook", "run"]
WebhookScheme: TypeAlias = Literal["standard-webhooks", "github", "stripe", "slack", "gitlab", "hmac-sha256", "token"]
FiringOutcome: TypeAlias = Literal["FIRED", "SKIPPED", "MISSED", "REFUSED"]
WorkflowRunEventType: TypeAlias = Literal["TRIGGERED", "QUEUED", "PRIORITIZED", "STARTED", "DISPATCHED", "DISPATCH_FAILED", "DISPATCH_POSTPONED", "LEASED", "RELEASED", "SUSPENDED", "ANSWERED", "SIGNALLED", "STOP_REQUESTED", "STOP_SENT", "STOP_ACKNOWLEDGED", "COMPLETED", "FAILED", "TIMED_OUT", "LOST", "STOPPED", "RETRIED", "LATE_RESULT", "BATCH_ENDED", "PAUSED"]
EventType: TypeAlias = Literal["workflow_run.triggered", "workflow_run.queued", "workflow_run.prioritized", "workflow_run.started", "workflow_run.dispatched", "workflow_run.dispatch_failed", "workflow_run.dispatch_postponed", "workflow_run.leased", "workflow_run.released", "workflow_run.suspended", "workflow_run.answered", "workflow_run.signalled", "workflow_run.stop_requested", "workflow_run.stop_sent", "workflow_run.stop_acknowledged", "workflow_run.completed", "workflow_run.failed", "workflow_run.retried", "workflow_run.late_result", "run_batch.ended", "workflow_definition.paused", "trigger.skipped", "trigger.missed", "trigger.refused", "trigger.paused", "notification_endpoint.disabled"]
NotificationFormat: TypeAlias = Literal["standard", "slack", "teams"]
NotifiedEventType: TypeAlias = Literal["workflow_run.started", "workflow_run.suspended", "workflow_run.completed", "workflow_run.failed", "workflow_run.late_result", "run_batch.ended", "workflow_definition.paused", "trigger.skipped", "trigger.missed", "trigger.refused", "trigger.paused", "notification_endpoint.disabled"]
NotificationTurn: TypeAlias = Literal["first_failure", "works_again"]
PathOrder: TypeAlias = Literal["LOGICAL", "NAME", "UPDATED_AT", "CREATED_AT"]
IdpType: TypeAlias = Literal["PASSWORD", "GOOGLE", "TENANT"]
TenantUserRole: TypeAlias = Literal["USER", "OWNER", "ADMIN"]
PermissionCapability: TypeAlias = Literal["READ_ONLY", "READ_WRITE"]
InviteStatus: TypeAlias = Literal["pending", "accepted", "expired"]


class WorkflowRunSnapshot(TypedDict):
    """What the run was asked to do, frozen when it was triggered."""
    workflow_definition_id: str
    workflow_name: str
    runner_type: WorkflowRunnerType
    user_id: str
    max_run_duration_seconds: int
    sources: list[ABCDPathSnapshot]
    instructions: list[ABCDPathSnapshot]
    outputs: list[ABCDPathSnapshot]
    template: ABCDPathSnapshot | None


class ABCDPathSnapshot(TypedDict):
    path_part_id: str
    materialized_path: str
    part_type: PartType


class WorkflowRunResume(TypedDict):
    """From the second attempt on: what has come of what the last suspension of the run waited for. Empty when it was never suspended. It is missing when the outcomes have more than 256 KiB: then ask `GET …/resume`."""
    outcomes: WaitOutcomes
    checkpoints: int
    """How many the run has: `GET …/resume` has their values."""


class WaitOutcomesValue(TypedDict):
    kind: Literal["question", "timer", "children", "signal"]
    outcome: Literal["answered", "elapsed", "ended", "received", "timed_out"]
    """`answered`, `elapsed` (a timer), `received` (a signal), `ended` (children), or `timed_out`: the run went on without it."""
    at: str
    value: NotRequired[str]
    """Of an answer: the choice, or the text."""
    comment: NotRequired[str | None]
    user_id: NotRequired[str]
    """Who answered."""
    signal_id: NotRequired[str]
    """Of a signal: the id that its sender has given it."""
    payload: NotRequired[Any]
    """Of a signal: any JSON, as it was sent; null for none."""


class Problem(TypedDict):
    type: str
    title: str
    status: int
    detail: str
    request_id: str


class HTTPValidationError(TypedDict):
    detail: NotRequired[list[ValidationError]]


class ValidationError(TypedDict):
    loc: list[str | int]
    msg: str
    type: str
    input: NotRequired[Any]
    ctx: NotRequired[dict[str, Any]]


class PaginatedResponseWorkflowDefinitionResponse(TypedDict):
    items: list[WorkflowDefinitionResponse]
    total: int
    limit: int
    offset: int


class WorkflowDefinitionResponse(TypedDict):
    id: str
    name: str
    description: str | None
    runner_type: WorkflowRunnerType
    runner_config: SelfHostedRunnerConfigResponse | None
    max_run_duration_seconds: int
    source_path_part_ids: list[str]
    instruction_path_part_ids: list[str]
    output_path_part_ids: list[str]
    template_path_part_id: str | None
    is_active: bool
    created_at: str
    updated_at: str


class SelfHostedRunnerConfigResponse(TypedDict):
    url: str


class CreateWorkflowDefinitionRequest(TypedDict):
    name: str
    description: NotRequired[str | None]
    """At most 8192 bytes of UTF-8."""
    runner_type: WorkflowRunnerType
    runner_config: NotRequired[SelfHostedRunnerConfig | None]
    max_run_duration_seconds: NotRequired[int]
    """Counted from the start of a run. A run that has not ended by then is FAILED."""
    source_path_part_ids: NotRequired[list[str]]
    """A: what a run reads. Folders or documents. Empty for none."""
    instruction_path_part_ids: NotRequired[list[str]]
    """B: what it follows. Folders or documents. Empty for none."""
    output_path_part_ids: NotRequired[list[str]]
    """C: where it writes. Folders. Empty for none: then the policy says who may run it, by `run_needs`."""
    template_path_part_id: NotRequired[str | None]
    """D: what it fills in. A document or a version of one."""


class SelfHostedRunnerConfig(TypedDict):
    url: str
    """Where dispatches are sent. Public and `https`."""
    webhook_secret: str
    """Signs the dispatches (Standard Webhooks): `whsec_` and a key in base64, or any other text. Never returned."""


class UpdateWorkflowDefinitionRequest(TypedDict):
    name: str
    description: NotRequired[str | None]
    """At most 8192 bytes of UTF-8."""
    runner_type: WorkflowRunnerType
    runner_config: NotRequired[SelfHostedRunnerConfig | None]
    max_run_duration_seconds: NotRequired[int]
    """Counted from the start of a run. A run that has not ended by then is FAILED."""
    source_path_part_ids: list[str]
    """A: what a run reads. Folders or documents. Empty for none."""
    instruction_path_part_ids: list[str]
    """B: what it follows. Folders or documents. Empty for none."""
    output_path_part_ids: list[str]
    """C: where it writes. Folders. Empty for none: then the policy says who may run it, by `run_needs`."""
    template_path_part_id: NotRequired[str | None]
    """D: what it fills in. A document or a version of one."""
    is_active: NotRequired[bool]
    """False pauses the workflow."""


class WorkflowDefinitionPolicy(TypedDict):
    handover: Literal["webhook", "lease"]
    """How a run gets to its runner. `webhook`: the service sends it to the URL in `runner_config`. `lease`: runners ask for it at `/v1/leases`; a run is PENDING until one gets it, and its time limit begins then."""
    lease_seconds: int
    """How long a runner may be silent, for example while it cannot reach the service. After that its run is FAILED with LOST."""
    max_attempts: int
    """How many attempts a run can have, including the first. Those that a runner gave back do not count."""
    retry_on: list[Literal["LOST", "UNREACHED", "DEADLINE", "REPORTED"]]
    """The failures after which a run is retried automatically: after 5 seconds, twice as long after each further failure, at most 5 minutes, each time up to a fifth more or less. Of REPORTED ones, a result can say that it must not be retried, or when."""
    max_running: int
    """How many runs of the workflow are RUNNING at the same time, at most. When it is raised, waiting runs start at once; when it is lowered, none is stopped."""
    max_running_per_key: int | None
    """How many of these have the same concurrency key, at most: `max_running` or less. Then keys take turns: the next run to start is the first of the next key that has room, by name and beginning after the key that started last. Runs without a key take a turn like one key, and only `max_running` limits them. null: runs start first in, first out."""
    key_from: str | None
    """Where the input of a run has its concurrency key: a JSON Pointer to a text of 1 to 128 characters, a number or a boolean. An invoke that sends `concurrency_key` needs none there. A run keeps the key that it was triggered with."""
    when_busy: Literal["queue", "skip", "replace_queued", "replace_running"]
    """What an invoke does when as many runs as may be RUNNING are unfinished, PENDING ones included: of the workflow, or, with `max_running_per_key`, of its concurrency key. `queue`: its run waits. `skip`: it is refused with 409. `replace_queued`: its run takes the place of those that wait, which are FAILED with SUPERSEDED. `replace_running`: the same, and the RUNNING one is asked to stop. This needs a `max_running` of 1, or a `max_running_per_key` of 1 with a `key_from`. A retry always waits. An invoke replaces up to 500 runs at once. If more wait, the others follow within seconds, and none starts meanwhile."""
    replace_grace_seconds: int
    """With `replace_running`: how many seconds the runner has to end the RUNNING run after it was asked to stop, like `grace_seconds` of a stop. The new run starts when the old one has ended. Further invokes do not give it more time."""
    max_queued: int | None
    """How many runs of the workflow are PENDING, at most. An invoke whose run would be one more is refused with 409. Retries are not. null: any number."""
    run_needs: Literal["write", "read"]
    """What a USER needs to run a workflow that has no outputs: write on the workflow itself, or only read. With outputs, it has no effect: who may write these may run it."""
    runner_tags: list[str]
    """What a runner needs to get a run of the workflow, when runners ask for its runs: only a session with all of these tags gets one."""
    may_trigger: list[str]
    """The workflows whose runs a run of this workflow may trigger: its children. It may name itself."""
    input_schema: dict[str, Any] | None
    """A JSON Schema (2020-12) of at most 16 KiB that the input of each new run must fit; a missing input counts as `{}`. Refused are references out of the schema or in a circle, keywords whose check may take long, such as `uniqueItems`, `contains` and `unevaluated…`, patterns that RE2 does not know, and more than 1,000 schemas in it. null: any input fits."""


class UpdateWorkflowDefinitionPolicyRequest(TypedDict):
    handover: NotRequired[Literal["webhook", "lease"]]
    """How a run gets to its runner. `webhook`: the service sends it to the URL in `runner_config`. `lease`: runners ask for it at `/v1/leases`; a run is PENDING until one gets it, and its time limit begins then."""
    lease_seconds: NotRequired[int]
    """How long a runner may be silent, for example while it cannot reach the service. After that its run is FAILED with LOST."""
    max_attempts: NotRequired[int]
    """How many attempts a run can have, including the first. Those that a runner gave back do not count."""
    retry_on: NotRequired[list[Literal["LOST", "UNREACHED", "DEADLINE", "REPORTED"]]]
    """The failures after which a run is retried automatically: after 5 seconds, twice as long after each further failure, at most 5 minutes, each time up to a fifth more or less. Of REPORTED ones, a result can say that it must not be retried, or when."""
    max_running: NotRequired[int]
    """How many runs of the workflow are RUNNING at the same time, at most. When it is raised, waiting runs start at once; when it is lowered, none is stopped."""
    max_running_per_key: NotRequired[int | None]
    """How many of these have the same concurrency key, at most: `max_running` or less. Then keys take turns: the next run to start is the first of the next key that has room, by name and beginning after the key that started last. Runs without a key take a turn like one key, and only `max_running` limits them. null: runs start first in, first out."""
    key_from: NotRequired[str | None]
    """Where the input of a run has its concurrency key: a JSON Pointer to a text of 1 to 128 characters, a number or a boolean. An invoke that sends `concurrency_key` needs none there. A run keeps the key that it was triggered with."""
    when_busy: NotRequired[Literal["queue", "skip", "replace_queued", "replace_running"]]
    """What an invoke does when as many runs as may be RUNNING are unfinished, PENDING ones included: of the workflow, or, with `max_running_per_key`, of its concurrency key. `queue`: its run waits. `skip`: it is refused with 409. `replace_queued`: its run takes the place of those that wait, which are FAILED with SUPERSEDED. `replace_running`: the same, and the RUNNING one is asked to stop. This needs a `max_running` of 1, or a `max_running_per_key` of 1 with a `key_from`. A retry always waits. An invoke replaces up to 500 runs at once. If more wait, the others follow within seconds, and none starts meanwhile."""
    replace_grace_seconds: NotRequired[int]
    """With `replace_running`: how many seconds the runner has to end the RUNNING run after it was asked to stop, like `grace_seconds` of a stop. The new run starts when the old one has ended. Further invokes do not give it more time."""
    max_queued: NotRequired[int | None]
    """How many runs of the workflow are PENDING, at most. An invoke whose run would be one more is refused with 409. Retries are not. null: any number."""
    run_needs: NotRequired[Literal["write", "read"]]
    """What a USER needs to run a workflow that has no outputs: write on the workflow itself, or only read. With outputs, it has no effect: who may write these may run it."""
    runner_tags: NotRequired[list[str]]
    """What a runner needs to get a run of the workflow, when runners ask for its runs: only a session with all of these tags gets one."""
    may_trigger: NotRequired[list[str]]
    """The workflows whose runs a run of this workflow may trigger: its children. It may name itself."""
    input_schema: NotRequired[dict[str, Any] | None]
    """A JSON Schema (2020-12) of at most 16 KiB that the input of each new run must fit; a missing input counts as `{}`. Refused are references out of the schema or in a circle, keywords whose check may take long, such as `uniqueItems`, `contains` and `unevaluated…`, patterns that RE2 does not know, and more than 1,000 schemas in it. null: any input fits."""


class WorkflowInputSchema(TypedDict):
    input_schema: dict[str, Any] | None
    """A JSON Schema (2020-12) of at most 16 KiB that the input of each new run must fit; a missing input counts as `{}`. Refused are references out of the schema or in a circle, keywords whose check may take long, such as `uniqueItems`, `contains` and `unevaluated…`, patterns that RE2 does not know, and more than 1,000 schemas in it. null: any input fits."""


class WorkflowRunResponse(TypedDict):
    id: str
    workflow_definition_id: str
    user_id: str
    """Who triggered the run."""
    runner_type: WorkflowRunnerType
    status: WorkflowRunStatus
    started_at: str
    """When the run became RUNNING; `created_at` until then."""
    completed_at: str | None
    """When the run ended: null while PENDING or RUNNING."""
    run_snapshot: WorkflowRunSnapshot
    error: str | None
    """Why the run FAILED."""
    created_at: str
    updated_at: str


class InvokeWorkflowRequest(TypedDict):
    idempotency_key: NotRequired[str | None]
    input: NotRequired[dict[str, Any] | None]
    """What the runner gets in addition to the snapshot: at most 32 KiB. Numbers are kept as doubles. With the same idempotency key, always send the same input."""
    labels: NotRequired[dict[str, str] | None]
    """At most 10 texts by key, to find the run by: `?label=customer:4711`. Retries keep them. Repeated with the same idempotency key, other labels change nothing."""
    concurrency_key: NotRequired[str | None]
    """At most `max_running_per_key` runs with the same key are RUNNING at the same time, if the workflow's policy sets that limit. When you send no key, the policy's `key_from` says where the input has it."""
    priority: NotRequired[int]
    """Of the runs that wait, those with a higher priority start first, and those with the same one in the order in which they came. 0 by default. When keys take turns, it counts among the runs of a key."""
    start_after: NotRequired[str | None]
    """The run waits outside of the queue until this instant, and then joins its end. It is PENDING meanwhile. At most 90 days from now; an instant in the past has no effect."""
    must_start_by: NotRequired[str | None]
    """Unless the run has started before this instant, it is FAILED with the code EXPIRED from then on, also while its workflow is paused. It must be in the future, and later than `start_after`. Retries do not expire."""


class PaginatedResponseWorkflowRunResponse(TypedDict):
    items: list[WorkflowRunResponse]
    total: int
    limit: int
    offset: int


class TriggeredRunBatch(TypedDict):
    id: str
    run_ids: list[str]
    """The ids of its runs in the order of the request. When it is replayed: of those that were not deleted."""


class InvokeBatchRequest(TypedDict):
    idempotency_key: NotRequired[str | None]
    priority: NotRequired[int]
    """Of each run that has none of its own. 0 by default."""
    runs: list[BatchedRun]


class BatchedRun(TypedDict):
    """One run: the fields of an invoke without its idempotency key."""
    input: NotRequired[dict[str, Any] | None]
    """What the runner gets in addition to the snapshot: at most 32 KiB. Numbers are kept as doubles. With the same idempotency key, always send the same input."""
    labels: NotRequired[dict[str, str] | None]
    """At most 10 texts by key, to find the run by: `?label=customer:4711`. Retries keep them. Repeated with the same idempotency key, other labels change nothing."""
    concurrency_key: NotRequired[str | None]
    """At most `max_running_per_key` runs with the same key are RUNNING at the same time, if the workflow's policy sets that limit. When you send no key, the policy's `key_from` says where the input has it."""
    priority: NotRequired[int]
    """Of the runs that wait, those with a higher priority start first, and those with the same one in the order in which they came. 0 by default. When keys take turns, it counts among the runs of a key."""
    start_after: NotRequired[str | None]
    """The run waits outside of the queue until this instant, and then joins its end. It is PENDING meanwhile. At most 90 days from now; an instant in the past has no effect."""
    must_start_by: NotRequired[str | None]
    """Unless the run has started before this instant, it is FAILED with the code EXPIRED from then on, also while its workflow is paused. It must be in the future, and later than `start_after`. Retries do not expire."""


class RunBatch(TypedDict):
    id: str
    workflow_definition_id: str
    user_id: str
    """Who triggered the batch."""
    run_count: int
    """How many runs the batch has triggered: the sum of the counts that follow."""
    pending: int
    running: int
    completed: int
    failed: int
    deleted: int
    created_at: str
    ended_at: str | None
    """When its last run ended or was deleted, so that none was left that waited or ran or was to be retried by the policy. It stays when a person retries a run later. Null until then."""


class RunBatchResultPage(TypedDict):
    items: list[RunBatchResult]
    next_cursor: str | None
    """Send it as `cursor`. Null on the last page."""


class RunBatchResult(TypedDict):
    run_id: str
    labels: dict[str, str]
    """The labels of the invoke, by their keys; `{}` when it gave none."""
    status: WorkflowRunStatus
    attempt: int
    """1 for a new run, and one more each time that it was retried, given back or resumed."""
    failure_code: Literal["REPORTED", "DEADLINE", "STOPPED", "REJECTED", "UNREACHED", "LOST", "SUPERSEDED", "EXPIRED", "WAIT_EXPIRED", None]
    """Why the run FAILED. REPORTED: its runner said so. DEADLINE: no result came in time. STOPPED: somebody stopped it. REJECTED: its runner refused it. UNREACHED: no runner ever took it. LOST: its runner stopped sending heartbeats. SUPERSEDED: a newer run took its place in the queue. EXPIRED: it had not started by its `must_start_by`. WAIT_EXPIRED: it was suspended, and what it waited for did not come in time."""
    error: str | None
    """The reason as a sentence, or the error that the runner reported."""
    summary: str | None
    output: NotRequired[Any]
    """Any JSON."""
    completed_at: str | None
    result_url: str
    """The whole result, with the artifacts."""


class TriggerPage(TypedDict):
    items: list[Trigger]
    total: int
    limit: int
    offset: int


class Trigger(TypedDict):
    id: str
    workflow_definition_id: str
    user_id: str
    """Who made it or changed it last. It fires with the rights of this user."""
    name: str
    kind: TriggerKind
    schedule: Schedule | None
    webhook: Webhook | None
    run: RunTrigger | None
    input: dict[str, Any] | None
    labels: dict[str, str]
    """The labels of the invoke, by their keys; `{}` when it gave none."""
    concurrency_key: str | None
    priority: int
    when_busy: Literal["queue", "skip", "replace_queued", "replace_running", None]
    """What happens when as many runs are unfinished as may be RUNNING: of the workflow, or with `max_running_per_key` of the same key. `queue`: the new run waits. `skip`: the trigger does not fire, and the firing is SKIPPED. `replace_queued` and `replace_running` do what they do in the workflow's policy. `null`: what the policy says."""
    is_active: bool
    """False while it is paused."""
    next_at: str | None
    """The next instant of the schedule. Null when there is none, and for a moment after it was resumed."""
    paused_at: str | None
    pause_note: str | None
    """Why it was paused, or why it has paused itself."""
    paused_by: PausedBy | None
    """Who has paused it. Null while it is active, and when it has paused itself."""
    created_at: str
    updated_at: str


class Schedule(TypedDict):
    cron: str | None
    """Five fields: minute, hour, day of the month, month, day of the week, with names, lists, ranges and steps. When neither of the two fields of days has all days, it fires on the days of either. `null` when `at` is given."""
    at: str | None
    """Once: a local time such as `2030-03-01T06:00`, or an instant with its offset. `null` when `cron` is given."""
    time_zone: str
    """The name of a time zone in the IANA database. It has no default: nobody means UTC by accident."""
    jitter_seconds: int
    """Each firing is up to this much later, but not later than the next. An instant always has the same jitter."""
    catch_up: Literal["none", "last"]
    """After an outage, `last` fires the last instant that was missed, late. Those before it, and with `none` all of them, are recorded as MISSED."""
    catch_up_window_seconds: int
    """What is later than this is not caught up."""
    starts_at: str | None
    ends_at: str | None


class Webhook(TypedDict):
    scheme: WebhookScheme
    signature_header: str | None
    """Of `hmac-sha256`: the header with the signature, which may have `sha256=` before it."""
    signature_encoding: Literal["hex", "base64", "timestamped", None]
    """Of `hmac-sha256`: how the signature is written. `timestamped`: `t=<seconds since 1970>,v1=<hex>`, over the time, a dot and the body."""
    when: list[str] | None
    """Only messages of these events trigger a run; a message of another event is answered with 204. Of `github`, an event is the value of the header `X-GitHub-Event`, such as `push`, or the same with the action, such as `pull_request.opened`; each also with the branch, such as `push:main`, or `pull_request.opened:main` for the branch into which it goes. Of `gitlab`, it is `object_kind` of the body, such as `merge_request`, or `merge_request.open`. Of `slack`, it is also the `type` of `event`. Of the other schemes, it is the field `type` of the body. null: messages of any event."""
    pick: dict[str, str] | None
    """The fields of the run's input, each with the JSON Pointer of its value in the body. A field without a value there is left out. null: the input is the whole body, which must then be a JSON object of at most 32 KiB. Where the trigger's `input` has the same field, its value counts."""
    key_from: str | None
    """Where the body has the run's concurrency key: a text of 1 to 128 characters, a number or a boolean. Without one, the run has the trigger's `concurrency_key`, and if that is null, the firing is REFUSED."""
    labels_from: dict[str, str] | None
    signal: WebhookSignal | None
    """A message triggers no run. Instead it is this signal to the runs of the workflow, and what would be the input of a run is its payload. What only a run has must then be left out: `key_from`, `labels_from`, and the trigger's `labels`, `concurrency_key`, `priority` and `when_busy`."""
    url: str
    """Where the sender posts its messages. Of the scheme `token`, `/` and the token stand behind it."""
    old_secret_until: str | None
    """Until then, messages with the old secret are taken, too."""


class WebhookSignal(TypedDict):
    name: str
    correlation_from: str
    """Where the body has the correlation: a text of 1 to 255 characters, a number or a boolean. Without one, the firing is REFUSED."""


class RunTrigger(TypedDict):
    of: str
    """The id of a workflow: the trigger fires when a run of it ends."""
    on: Literal["completed", "failed", "ended"]
    """`completed`: it fires after runs that are COMPLETED. `failed`: after those that are FAILED, for whatever reason, once no retry of the policy follows. `ended`: after both."""
    input_from: Literal["fixed", "output", "run"]
    """What the new run gets. `fixed`: the `input` of the trigger. `output`: the output of the run that has ended, if it is an object; otherwise null. `run`: `id`, `status`, `output` and `error` of that run."""


class PausedBy(TypedDict):
    user_id: str
    name: str


class TriggerWithSecret(TypedDict):
    id: str
    workflow_definition_id: str
    user_id: str
    """Who made it or changed it last. It fires with the rights of this user."""
    name: str
    kind: TriggerKind
    schedule: Schedule | None
    webhook: Webhook | None
    run: RunTrigger | None
    input: dict[str, Any] | None
    labels: dict[str, str]
    """The labels of the invoke, by their keys; `{}` when it gave none."""
    concurrency_key: str | None
    priority: int
    when_busy: Literal["queue", "skip", "replace_queued", "replace_running", None]
    """What happens when as many runs are unfinished as may be RUNNING: of the workflow, or with `max_running_per_key` of the same key. `queue`: the new run waits. `skip`: the trigger does not fire, and the firing is SKIPPED. `replace_queued` and `replace_running` do what they do in the workflow's policy. `null`: what the policy says."""
    is_active: bool
    """False while it is paused."""
    next_at: str | None
    """The next instant of the schedule. Null when there is none, and for a moment after it was resumed."""
    paused_at: str | None
    pause_note: str | None
    """Why it was paused, or why it has paused itself."""
    paused_by: PausedBy | None
    """Who has paused it. Null while it is active, and when it has paused itself."""
    created_at: str
    updated_at: str
    secret: NotRequired[str]
    """The secret of a webhook, or its token. Only the answer that creates or rotates it has it."""


class CreateTriggerRequest(TypedDict):
    name: str
    kind: TriggerKind
    schedule: NotRequired[GivenSchedule | None]
    webhook: NotRequired[GivenWebhook | None]
    run: NotRequired[GivenRunTrigger | None]
    input: NotRequired[dict[str, Any] | None]
    """What each run gets, as with an invoke."""
    labels: NotRequired[dict[str, str] | None]
    """The labels of each run."""
    concurrency_key: NotRequired[str | None]
    """The concurrency key of each run, as with an invoke."""
    priority: NotRequired[int]
    """The priority of each run, as with an invoke."""
    when_busy: NotRequired[Literal["queue", "skip", "replace_queued", "replace_running", None]]
    """What happens when as many runs are unfinished as may be RUNNING: of the workflow, or with `max_running_per_key` of the same key. `queue`: the new run waits. `skip`: the trigger does not fire, and the firing is SKIPPED. `replace_queued` and `replace_running` do what they do in the workflow's policy. `null`: what the policy says."""
    is_active: NotRequired[bool]
    """False pauses it."""
    secret: NotRequired[str | None]
    """The secret that the sender has made. If it is left out, the service makes one. A token is always made."""


class GivenSchedule(TypedDict):
    cron: NotRequired[str | None]
    """Five fields: minute, hour, day of the month, month, day of the week, with names, lists, ranges and steps. When neither of the two fields of days has all days, it fires on the days of either. `null` when `at` is given."""
    at: NotRequired[str | None]
    """Once: a local time such as `2030-03-01T06:00`, or an instant with its offset. `null` when `cron` is given."""
    time_zone: str
    """The name of a time zone in the IANA database. It has no default: nobody means UTC by accident."""
    starts_at: NotRequired[str | None]
    """There are no instants before it."""
    ends_at: NotRequired[str | None]
    """All instants are before it."""
    jitter_seconds: NotRequired[int]
    """Each firing is up to this much later, but not later than the next. An instant always has the same jitter."""
    catch_up: NotRequired[Literal["none", "last"]]
    """After an outage, `last` fires the last instant that was missed, late. Those before it, and with `none` all of them, are recorded as MISSED."""
    catch_up_window_seconds: NotRequired[int]
    """What is later than this is not caught up."""


class GivenWebhook(TypedDict):
    scheme: WebhookScheme
    signature_header: NotRequired[str | None]
    """Of `hmac-sha256`: the header with the signature, which may have `sha256=` before it."""
    signature_encoding: NotRequired[Literal["hex", "base64", "timestamped", None]]
    """Of `hmac-sha256`: how the signature is written. `timestamped`: `t=<seconds since 1970>,v1=<hex>`, over the time, a dot and the body."""
    when: NotRequired[list[str] | None]
    """Only messages of these events trigger a run; a message of another event is answered with 204. Of `github`, an event is the value of the header `X-GitHub-Event`, such as `push`, or the same with the action, such as `pull_request.opened`; each also with the branch, such as `push:main`, or `pull_request.opened:main` for the branch into which it goes. Of `gitlab`, it is `object_kind` of the body, such as `merge_request`, or `merge_request.open`. Of `slack`, it is also the `type` of `event`. Of the other schemes, it is the field `type` of the body. null: messages of any event."""
    pick: NotRequired[dict[str, str] | None]
    """The fields of the run's input, each with the JSON Pointer of its value in the body. A field without a value there is left out. null: the input is the whole body, which must then be a JSON object of at most 32 KiB. Where the trigger's `input` has the same field, its value counts."""
    key_from: NotRequired[str | None]
    """Where the body has the run's concurrency key: a text of 1 to 128 characters, a number or a boolean. Without one, the run has the trigger's `concurrency_key`, and if that is null, the firing is REFUSED."""
    labels_from: NotRequired[dict[str, str] | None]
    """Labels of the run, each with the JSON Pointer of its value in the body. If the body has no value there, the run does not get the label. A value is cut after 128 characters. Where the trigger's `labels` have the same key, their value counts."""
    signal: NotRequired[WebhookSignal | None]
    """A message triggers no run. Instead it is this signal to the runs of the workflow, and what would be the input of a run is its payload. What only a run has must then be left out: `key_from`, `labels_from`, and the trigger's `labels`, `concurrency_key`, `priority` and `when_busy`."""


class GivenRunTrigger(TypedDict):
    of: str
    """The id of a workflow: the trigger fires when a run of it ends."""
    on: Literal["completed", "failed", "ended"]
    """`completed`: it fires after runs that are COMPLETED. `failed`: after those that are FAILED, for whatever reason, once no retry of the policy follows. `ended`: after both."""
    input_from: NotRequired[Literal["fixed", "output", "run"]]
    """What the new run gets. `fixed`: the `input` of the trigger. `output`: the output of the run that has ended, if it is an object; otherwise null. `run`: `id`, `status`, `output` and `error` of that run."""


class TriggerRequest(TypedDict):
    name: str
    kind: TriggerKind
    schedule: NotRequired[GivenSchedule | None]
    webhook: NotRequired[GivenWebhook | None]
    run: NotRequired[GivenRunTrigger | None]
    input: NotRequired[dict[str, Any] | None]
    """What each run gets, as with an invoke."""
    labels: NotRequired[dict[str, str] | None]
    """The labels of each run."""
    concurrency_key: NotRequired[str | None]
    """The concurrency key of each run, as with an invoke."""
    priority: NotRequired[int]
    """The priority of each run, as with an invoke."""
    when_busy: NotRequired[Literal["queue", "skip", "replace_queued", "replace_running", None]]
    """What happens when as many runs are unfinished as may be RUNNING: of the workflow, or with `max_running_per_key` of the same key. `queue`: the new run waits. `skip`: the trigger does not fire, and the firing is SKIPPED. `replace_queued` and `replace_running` do what they do in the workflow's policy. `null`: what the policy says."""
    is_active: NotRequired[bool]
    """False pauses it."""


class RotateTriggerSecretRequest(TypedDict):
    secret: NotRequired[str | None]
    """The secret that the sender has made. If it is left out, the service makes one. A token is always made."""


class PauseTriggerRequest(TypedDict):
    note: NotRequired[str | None]
    """Why, for those who find it paused."""


class ResumeTriggerRequest(TypedDict):
    catch_up: NotRequired[bool]


class TriggerFiring(TypedDict):
    id: str
    trigger_id: str
    at: str
    """When it was recorded."""
    outcome: FiringOutcome
    cause: Literal["schedule", "hand", "backfill", "webhook", "run"]
    """Its schedule, a person (`hand`), a `backfill`, the message of a `webhook`, or the end of a `run`."""
    scheduled_at: str | None
    """The instant of the schedule. Null when it was fired by hand, by a message or after a run. Of messages and ends of runs during a pause: when the first came."""
    scheduled_until: str | None
    """When several instants, messages or ends of runs in a row were MISSED: the last of them. `scheduled_at` is the first."""
    count: int
    """How many instants, messages or ends of runs in a row were MISSED; otherwise 1."""
    late_ms: float | None
    """How much later than due it fired, in milliseconds."""
    run_id: str | None
    """FIRED: its run, or the one that got its signal; null while the signal is kept. SKIPPED: the run that was in the way."""
    of_run_id: str | None
    """The run whose end made it fire. When several ends in a row were MISSED: the last one."""
    of_attempt: int | None
    """The attempt of that run."""
    reason: str | None
    """Why it did not fire. MISSED: `paused` or `late`. REFUSED: `user_deactivated`, `rights`, `paused`, `no_runner`, `path_parts`, `input_invalid` (`detail` has the faults), `no_key`, `queue_full`, `cap_reached`, `several_slots` or `snapshot_too_large`; of a message also `body_unusable` or `input_too_large`, and of a signal `no_correlation` or `too_many_signals`; after a run also `of_rights`, `of_deleted`, `depth`, `descendants` or `input_too_large`."""
    detail: dict[str, Any] | None
    """What else explains why it did not fire. FIRED by a message that is a signal: its `signal` and `correlation`."""
    user_id: str | None
    """Who fired it by hand, or asked for the backfill."""
    delivery_id: str | None
    """The id that the sender has given the message. One that has fired does not fire again within seven days."""


class TriggerFiringPage(TypedDict):
    items: list[TriggerFiring]
    next_cursor: str | None
    """The cursor of the next page; null on the last page."""


class TriggerOccurrencesItem(TypedDict):
    at: str


class TriggerOccurrences(TypedDict):
    items: list[TriggerOccurrencesItem]
    time_zone_data: str | None
    """The release of the IANA time-zone data by which they were computed: the newest whose changes the runtime has, as far as the service can tell them apart. Null when that is older than 2025a."""


class TriggerBackfillItem(TypedDict):
    at: str


class TriggerBackfill(TypedDict):
    items: list[TriggerBackfillItem]
    """The instants of the range that have not fired before."""
    fired: int
    """How many of them have fired now: the first ones."""
    refused: TriggerFiring | None
    """The firing that was refused; the instants after it were not tried."""


TriggerBackfillRequest = TypedDict(
    "TriggerBackfillRequest",
    {
        "from": "str",
        "to": "str",
        "dry_run": NotRequired["bool"],
    },
)


class WebhookReceipt(TypedDict):
    firing_id: str
    outcome: FiringOutcome
    run_id: str | None
    """The run that the message has triggered, or the run that has taken its signal. Null when `outcome` is not FIRED, and until a run takes the signal."""


class WorkflowRunPage(TypedDict):
    items: list[WorkflowRunResponse]
    details: NotRequired[list[ListedRunDetails]]
    """Only with `details=true`: of each item, in their order."""
    next_cursor: str | None
    """The cursor of the next page; null on the last page."""


class ListedRunDetails(TypedDict):
    run_id: str
    attempt: int
    started_at: str | None
    """Null until the attempt starts."""
    priority: int
    labels: dict[str, str]
    """The labels of the invoke, by their keys; `{}` when it gave none."""
    suspended_at: str | None
    """Since when it is suspended; null unless it is."""
    child_key: str | None
    """Its key among the children of the run that has triggered it; null when no run has."""


class WorkflowRunSummary(TypedDict):
    pending: int
    running: int
    completed: int
    """Ended within the window."""
    failed: int
    """Ended within the window."""
    oldest_pending_seconds: float | None
    """Since the PENDING run that has waited longest was created."""
    overdue: int
    """Past their end, which no sweep has recorded yet. Readers already see them as FAILED."""
    duration_p50_seconds: float | None
    """Of the COMPLETED runs of the window, from start to end."""
    duration_p95_seconds: float | None
    time_out_lag_p50_seconds: float | None
    """From a deadline to the sweep that recorded it."""
    time_out_lag_max_seconds: float | None


class PaginatedResponseWorkflowRunEvent(TypedDict):
    items: list[WorkflowRunEvent]
    total: int
    limit: int
    offset: int


class WorkflowRunEvent(TypedDict):
    id: int | None
    """Later events of a run have greater ids. Null for a time-out that no sweep has recorded yet."""
    type: WorkflowRunEventType
    attempt: int
    """1 for a new run, and one more each time that it was retried, given back or resumed."""
    at: str
    detail: dict[str, Any] | None
    """Further details, which depend on the type."""


class StopWorkflowRunRequest(TypedDict):
    reason: NotRequired[str | None]
    grace_seconds: NotRequired[int]
    """How long the runner of a RUNNING run has to end its work. Until then, or until its deadline, the run stays RUNNING and keeps its slot. 0 by default."""


class WorkflowRunPriority(TypedDict):
    priority: int


class WorkflowCallbackResponse(TypedDict):
    status: str


class WorkflowRunCallbackRequest(TypedDict):
    status: Literal["COMPLETED", "FAILED"]
    error: NotRequired[str | None]
    """Why the run FAILED. It is not stored for a COMPLETED run."""
    output: NotRequired[Any]
    """Any JSON of at most 65536 bytes. What is larger can be a file of the run."""
    summary: NotRequired[str | None]
    """A summary of the result, for people."""
    artifacts: NotRequired[list[NewWorkflowRunArtifact] | None]
    """What was made, and where it is."""
    retry: NotRequired[bool]
    """False: the run is not retried automatically, although its policy retries what is REPORTED."""
    retry_after_seconds: NotRequired[int]
    """When the policy retries the run: how long that waits at least, in place of the back-off. Up to a fifth is added, so that runs that fail together do not come back together."""


class NewWorkflowRunArtifact(TypedDict):
    name: str
    url: NotRequired[str | None]
    path_part_id: NotRequired[str | None]
    sha256: NotRequired[str | None]
    bytes: NotRequired[int | None]


class WorkflowRunBulkResponseRefused(TypedDict):
    run_id: str
    reason: str


class WorkflowRunBulkResponse(TypedDict):
    matched: int
    """How many runs this call has found."""
    done: int
    """How many of them were changed; with `dry_run`, how many would be changed."""
    refused: list[WorkflowRunBulkResponseRefused]
    """The refused runs, each with the reason: the same text as for a change of that run alone."""
    next_cursor: str | None
    """When further runs match the filter: send the same request again with this as its `cursor`."""


class WorkflowRunBulkRequest(TypedDict):
    action: Literal["stop", "retry", "delete"]
    run_ids: NotRequired[list[str]]
    filter: NotRequired[WorkflowRunFilter]
    dry_run: NotRequired[bool]
    """True to change nothing, and only report what would be refused."""
    cursor: NotRequired[str]
    """With a `filter`: the `next_cursor` of the call before."""


class WorkflowRunFilter(TypedDict):
    status: NotRequired[list[WorkflowRunStatus]]
    workflow_definition_id: NotRequired[str]
    user_id: NotRequired[str]
    """Only runs that this user triggered."""
    created_after: NotRequired[str]
    created_before: NotRequired[str]
    batch: NotRequired[str]
    """Only runs of this batch."""
    label: NotRequired[list[str]]
    """Only runs with all of these labels: `key:value`."""


class WorkflowRunDetailsProgress(TypedDict):
    """What the runner last reported of this attempt, while it is RUNNING."""
    percent: int | None
    message: str | None


class WorkflowRunDetailsLinks(TypedDict):
    """Where the rest of the run is."""
    run: str
    input: str
    result: str
    events: str
    log: str
    artifacts: str
    explain: str
    batch: str | None
    page: str
    """Its page, for people."""


class WorkflowRunDetails(TypedDict):
    status: WorkflowRunStatus
    attempt: int
    """1 for a new run, and one more each time that it was retried, given back or resumed."""
    started_at: str | None
    """When this attempt started. Null until it does, and when it has ended without: the run itself shows `created_at` then."""
    failure_code: Literal["REPORTED", "DEADLINE", "STOPPED", "REJECTED", "UNREACHED", "LOST", "SUPERSEDED", "EXPIRED", "WAIT_EXPIRED", None]
    """Why the run FAILED. REPORTED: its runner said so. DEADLINE: no result came in time. STOPPED: somebody stopped it. REJECTED: its runner refused it. UNREACHED: no runner ever took it. LOST: its runner stopped sending heartbeats. SUPERSEDED: a newer run took its place in the queue. EXPIRED: it had not started by its `must_start_by`. WAIT_EXPIRED: it was suspended, and what it waited for did not come in time."""
    queue_position: int | None
    """1 for the run that is next; null unless PENDING, and until the run joins the queue. It is counted to 1,000: 1001 stands for every place behind that. When the workflow's policy limits the runs of each key, keys take turns, and this is the place among the runs with its key."""
    concurrency_key: str | None
    """`concurrency_key` of the invoke, or else what the input has at the policy's `key_from`; null for a run without a key."""
    priority: int
    progress: WorkflowRunDetailsProgress | None
    """What the runner last reported of this attempt, while it is RUNNING."""
    labels: dict[str, str]
    """The labels of the invoke, by their keys; `{}` when it gave none."""
    start_after: str | None
    """When a PENDING run joins the queue: `start_after` of the invoke. Null once it has joined."""
    must_start_by: str | None
    """A PENDING run fails as EXPIRED at this instant: `must_start_by` of the invoke. Null once it has started."""
    batch_id: str | None
    """The batch that it was triggered with; null for a run of none."""
    links: WorkflowRunDetailsLinks
    """Where the rest of the run is."""


class WorkflowRunInput(TypedDict):
    input: NotRequired[dict[str, Any] | None]
    """Null when none was given."""


class WorkflowRunResult(TypedDict):
    """Until the run has ended, all fields except `status` and `attempt` are null."""
    status: WorkflowRunStatus
    failure_code: Literal["REPORTED", "DEADLINE", "STOPPED", "REJECTED", "UNREACHED", "LOST", "SUPERSEDED", "EXPIRED", "WAIT_EXPIRED", None]
    """Why the run FAILED. REPORTED: its runner said so. DEADLINE: no result came in time. STOPPED: somebody stopped it. REJECTED: its runner refused it. UNREACHED: no runner ever took it. LOST: its runner stopped sending heartbeats. SUPERSEDED: a newer run took its place in the queue. EXPIRED: it had not started by its `must_start_by`. WAIT_EXPIRED: it was suspended, and what it waited for did not come in time."""
    error: str | None
    """The reason as a sentence, or the error that the runner reported."""
    output: NotRequired[Any]
    """Any JSON."""
    summary: str | None
    artifacts: list[WorkflowRunArtifact] | None
    """What the runner reported, and then the files of the run: their `url` is on this service, and needs a credential."""
    attempt: int
    """1 for a new run, and one more each time that it was retried, given back or resumed."""


class WorkflowRunArtifact(TypedDict):
    name: str
    url: str | None
    path_part_id: str | None
    sha256: str | None
    bytes: int | None


class WorkflowRunExplanationBlockedBy(TypedDict):
    """The first of `blockers`: the run that has to end first."""
    run_id: str
    deadline_at: str


class WorkflowRunExplanationBlocker(TypedDict):
    run_id: str
    deadline_at: str


class WorkflowRunExplanationSuspensionWaitChildren(TypedDict):
    """Of children: how many it waits for, and how many of them have ended."""
    total: int
    ended: int


class WorkflowRunExplanationSuspensionWait(TypedDict):
    key: str
    kind: Literal["question", "timer", "children", "signal"]
    prompt: str | None
    due_at: str | None
    """When a timer elapses."""
    name: str | None
    """Of a signal."""
    correlation: str | None
    """Of a signal."""
    children: WorkflowRunExplanationSuspensionWaitChildren | None
    """Of children: how many it waits for, and how many of them have ended."""


class WorkflowRunExplanationSuspension(TypedDict):
    """Null unless the run is suspended."""
    since: str
    ends_at: str
    on_timeout: Literal["fail", "continue"]
    note: str | None
    waits: list[WorkflowRunExplanationSuspensionWait]
    """What has not come yet."""


class WorkflowRunExplanationStop(TypedDict):
    """The requested stop of a RUNNING run whose runner has time to end its work."""
    reason: str | None
    requested_at: str
    acknowledged_at: str | None
    """When the runner learned of the stop."""
    ends_at: str
    """When the run ends at the latest."""


class WorkflowRunExplanationDurations(TypedDict):
    """How long the workflow's latest runs took. Only runs whose runner reported a result are counted."""
    p50_seconds: float
    p95_seconds: float
    runs: int


class WorkflowRunExplanationEstimatedStartAt(TypedDict):
    """When the run will start, if all runs before it take that long. Null when these are 1,000 or more."""
    p50: str
    p95: str


class WorkflowRunExplanation(TypedDict):
    message: str
    """The explanation in one sentence, for people."""
    status: WorkflowRunStatus
    reason: Literal["suspended", "paused", "no_runner", "delayed", "back_off", "key", "slot", "lease", "stop", "dispatch", "no_runner_connected", None]
    """What the run waits for; null when it waits for nothing. suspended: what it has asked for has not come. paused: its workflow is paused. no_runner: its workflow has no runner. delayed: its `start_after` has not come. back_off: it is tried again automatically, at `next_try_at` or later. no_runner_connected: its workflow's runs are leased, and no runner is connected. key: as many runs with its concurrency key are RUNNING as may be. slot: other runs have its workflow's slots, or wait before it. lease: a runner has to ask for it. stop: it is RUNNING, and its runner has time to stop. dispatch: it is RUNNING, and no runner has taken it yet."""
    failure_code: Literal["REPORTED", "DEADLINE", "STOPPED", "REJECTED", "UNREACHED", "LOST", "SUPERSEDED", "EXPIRED", "WAIT_EXPIRED", None]
    error: str | None
    deadline_at: str | None
    dispatched_at: str | None
    """When a runner accepted it."""
    queue_position: int | None
    """1 for the run that is next; null unless PENDING, and until the run joins the queue. It is counted to 1,000: 1001 stands for every place behind that. When the workflow's policy limits the runs of each key, keys take turns, and this is the place among the runs with its key."""
    priority: int
    higher_before: int | None
    """How many of the runs before it have a higher priority, up to 1,000. Null as `queue_position` is."""
    concurrency_key: str | None
    """`concurrency_key` of the invoke, or else what the input has at the policy's `key_from`; null for a run without a key."""
    keys_take_turns: bool
    """True when the workflow's policy limits the runs of each key."""
    keys_before: int | None
    """When keys take turns: how many other keys that have room have their turn before the next one of its own key, up to 1,000. Null unless it is in the queue."""
    blocked_by: WorkflowRunExplanationBlockedBy | None
    """The first of `blockers`: the run that has to end first."""
    blockers: list[WorkflowRunExplanationBlocker]
    """The runs in its way, of those that you may see: all that hold a slot when none is free, or those with its key when as many of them are RUNNING as may be. The first to end comes first."""
    start_after: str | None
    """When a PENDING run joins the queue: `start_after` of the invoke. Null once it has joined."""
    must_start_by: str | None
    """A PENDING run fails as EXPIRED at this instant: `must_start_by` of the invoke. Null once it has started."""
    tries: int | None
    """How often the dispatch was tried, until a runner takes it."""
    last_error: str | None
    """Why the last try failed."""
    next_try_at: str | None
    """When the dispatch is retried, or when the back-off of an automatic retry ends."""
    suspension: WorkflowRunExplanationSuspension | None
    """Null unless the run is suspended."""
    stop: WorkflowRunExplanationStop | None
    """The requested stop of a RUNNING run whose runner has time to end its work."""
    runners_connected: int | None
    """How many runners that may lease this workflow's runs were active in the last minute; null unless its runs are leased. Only 100 sessions are looked at, the newest of each key."""
    missing_tags: list[str]
    """The tags that the workflow wants and because of which no connected runner may lease the run."""
    runner_last_seen_at: str | None
    """When a runner last accepted a run of this workflow, sent a heartbeat, asked for work, or reported a result."""
    durations: WorkflowRunExplanationDurations | None
    """How long the workflow's latest runs took. Only runs whose runner reported a result are counted."""
    estimated_start_at: WorkflowRunExplanationEstimatedStartAt | None
    """When the run will start, if all runs before it take that long. Null when these are 1,000 or more."""


class WorkflowRunLogReceipt(TypedDict):
    is_cut: bool
    """True when the log is full: neither this entry nor a later one is stored. Stop sending, and keep the last 256 KiB of the log for its end: see `omitted_bytes`."""
    log_within_ms: int
    """How many milliseconds to gather log and progress before they are sent: 15000 while nobody follows the run, and 1000 while somebody does."""


class NewWorkflowRunLogEntry(TypedDict):
    sequence: int
    """0 for the first entry, then one more for each."""
    text: str
    """Text for people, with its line breaks: at most 32 KiB of UTF-8."""
    omitted_bytes: NotRequired[int]
    """Only for the end of a log that is too long: how many bytes of it are left out right before this entry, which is 0 for all entries of the end but the first. There is room for 256 KiB of them."""


class WorkflowRunLog(TypedDict):
    attempt: int
    entries: list[WorkflowRunLogEntry]
    has_more: bool
    """True when the page is full: ask for the next one at once."""
    is_complete: bool
    """True when the attempt has ended, and nothing comes after this."""
    is_cut: bool
    """True when the log was longer than may be stored, and its runner has not sent its end."""


class WorkflowRunLogEntry(TypedDict):
    sequence: int
    at: str
    """When the entry arrived."""
    text: str
    missing_before: int
    """How many entries before this one never arrived."""
    omitted_bytes: int
    """How many bytes the runner has left out before this entry, since the log is longer than may be stored."""


class WorkflowRunFile(TypedDict):
    name: str
    attempt: int
    """The attempt that has stored it."""
    content_type: str
    bytes: int
    sha256: str | None
    """In hex, if the upload had a `Content-Digest`."""
    stored_at: str
    url: str
    """Where it can be downloaded, with the credential of a caller."""


class WorkflowRunFileList(TypedDict):
    attempt: int
    artifacts: list[WorkflowRunFile]


class Leases(TypedDict):
    leases: list[Lease]
    after: str | None
    """Send it with the next request, unless it is null."""


class Lease(TypedDict):
    run_id: str
    attempt: int
    deadline_at: str
    """The run is FAILED then if no result has arrived."""
    run_snapshot: WorkflowRunSnapshot
    input: NotRequired[Any]
    """What the run was triggered with: a JSON object, or null."""
    labels: dict[str, str]
    """The labels of the invoke, by their keys; `{}` when it gave none."""
    resume: NotRequired[WorkflowRunResume]
    scheduled_at: NotRequired[str]
    """The instant of the schedule that has triggered the run. Absent when none has."""
    previous_scheduled_at: NotRequired[str | None]
    """The instant before it for which a run was triggered; null for the first one."""
    traceparent: str | None
    """The trace of the invoke, if it had one (W3C)."""
    callback_url: str
    callback_token: str
    """The credential for all requests of this attempt, such as heartbeats, the log and the callback."""
    lease_expires_at: str
    """The run fails as LOST then, unless a heartbeat comes before."""
    heartbeat_interval_seconds: int
    """How often to send a heartbeat."""


class CreateLeasesRequest(TypedDict):
    request_id: str
    """A new id for each request. When no answer came, send the same id again: it gets the same leases."""
    wait_seconds: NotRequired[int]
    """How long to wait for a run when none is waiting. The answer comes as soon as there is one."""
    max: NotRequired[int]
    """How many runs to lease, at most."""
    after: NotRequired[str | None]
    """The `after` of the last answer. With it, a request that waits asks the database only when something has changed since then."""


class WorkflowRunHeartbeatStop(TypedDict):
    """Not null when somebody has asked for the run to stop. End the work, and send the callback."""
    reason: str | None
    ends_at: str
    """The run ends then at the latest. A later result does not count."""


class WorkflowRunHeartbeatLog(TypedDict):
    """What became of the entries. Null when none were sent."""
    is_cut: bool
    """True when the log is full: what did not fit is not stored, and neither is a later entry. Stop sending, and keep the last 256 KiB of the log for its end: see `omitted_bytes`."""
    cut_from: int | None
    """The number of the first of these entries that did not fit, so it is free again."""
    conflicts: list[int]
    """The numbers of entries that were not stored, since another text has that number. Stop sending."""


class WorkflowRunHeartbeat(TypedDict):
    deadline_at: str
    lease_expires_at: str
    """The run fails as LOST then, unless the next heartbeat comes before."""
    stop: WorkflowRunHeartbeatStop | None
    """Not null when somebody has asked for the run to stop. End the work, and send the callback."""
    log: WorkflowRunHeartbeatLog | None
    """What became of the entries. Null when none were sent."""
    log_within_ms: int
    """How many milliseconds to gather log and progress before they are sent: 15000 while nobody follows the run, and 1000 while somebody does."""


class WorkflowRunHeartbeatRequest(TypedDict):
    progress: NotRequired[WorkflowRunProgress]
    log: NotRequired[list[NewWorkflowRunLogEntry]]
    """Entries of the run's log, as `/log` takes them one at a time."""


class WorkflowRunProgress(TypedDict):
    percent: NotRequired[float]
    """It is rounded, and kept between 0 and 100."""
    message: NotRequired[str]
    """What the runner is doing, for people, who see the first 500 characters."""


class WorkflowRunRelease(TypedDict):
    attempt: int
    """The new attempt of the run. Your token belongs to the attempt before."""


class TriggeredChildRuns(TypedDict):
    runs: list[TriggeredChildRun]
    """In the order of the request."""


class TriggeredChildRun(TypedDict):
    run_id: str
    workflow_definition_id: str
    key: str
    status: WorkflowRunStatus
    error: str | None
    failure_code: Literal["REPORTED", "DEADLINE", "STOPPED", "REJECTED", "UNREACHED", "LOST", "SUPERSEDED", "EXPIRED", "WAIT_EXPIRED", None]
    summary: str | None
    created_at: str
    completed_at: str | None
    is_new: bool
    """False for a child that was there already."""


class TriggerChildRunsRequest(TypedDict):
    children: list[GivenChildRun]


class GivenChildRun(TypedDict):
    """One child: its workflow, its key, and the fields of an invoke."""
    workflow_definition_id: str
    key: str
    """With the workflow, it identifies the child in its parent."""
    input: NotRequired[dict[str, Any] | None]
    """What the runner gets in addition to the snapshot: at most 32 KiB. Numbers are kept as doubles. With the same idempotency key, always send the same input."""
    labels: NotRequired[dict[str, str] | None]
    """At most 10 texts by key, to find the run by: `?label=customer:4711`. Retries keep them. Repeated with the same idempotency key, other labels change nothing."""
    concurrency_key: NotRequired[str | None]
    """At most `max_running_per_key` runs with the same key are RUNNING at the same time, if the workflow's policy sets that limit. When you send no key, the policy's `key_from` says where the input has it."""
    priority: NotRequired[int]
    """Of the runs that wait, those with a higher priority start first, and those with the same one in the order in which they came. 0 by default. When keys take turns, it counts among the runs of a key."""
    start_after: NotRequired[str | None]
    """The run waits outside of the queue until this instant, and then joins its end. It is PENDING meanwhile. At most 90 days from now; an instant in the past has no effect."""
    must_start_by: NotRequired[str | None]
    """Unless the run has started before this instant, it is FAILED with the code EXPIRED from then on, also while its workflow is paused. It must be in the future, and later than `start_after`. Retries do not expire."""


class ChildRunPage(TypedDict):
    items: list[ChildRun]
    next_cursor: str | None
    """Send it as `cursor`. Null on the last page."""


class ChildRun(TypedDict):
    run_id: str
    workflow_definition_id: str
    key: str
    status: WorkflowRunStatus
    error: str | None
    failure_code: Literal["REPORTED", "DEADLINE", "STOPPED", "REJECTED", "UNREACHED", "LOST", "SUPERSEDED", "EXPIRED", "WAIT_EXPIRED", None]
    summary: str | None
    created_at: str
    completed_at: str | None
    output: NotRequired[Any]
    """Any JSON."""


class KeptCheckpoint(TypedDict):
    is_new: bool
    """False when the same value was kept before."""


class KeepCheckpointRequest(TypedDict):
    value: NotRequired[Any]
    """Any JSON. With the rest of the body at most 64 KiB."""


class PaginatedResponseWorkflowRunCheckpoint(TypedDict):
    items: list[WorkflowRunCheckpoint]
    total: int
    limit: int
    offset: int


class WorkflowRunCheckpoint(TypedDict):
    key: str
    attempt: int
    """The attempt that has kept it."""
    bytes: int
    kept_at: str
    value: NotRequired[Any]
    """Any JSON."""


class WholeWorkflowRunResume(TypedDict):
    outcomes: WaitOutcomes
    checkpoints: dict[str, Any]
    """The values by their keys."""


class WorkflowRunSuspension(TypedDict):
    suspended: bool
    """True: end the work without a callback. False: all has come already, so the attempt goes on."""
    outcomes: WaitOutcomes | None
    """Null when the run is suspended."""


class SuspendWorkflowRunRequest(TypedDict):
    waits: list[WorkflowRunQuestion | WorkflowRunTimer | WorkflowRunChildren | WorkflowRunSignalWait]
    """All of them must come."""
    timeout_seconds: NotRequired[int]
    """By default 7 days, or until the last timer elapses if that is later. It ends 366 days after the run was created, at the latest."""
    on_timeout: NotRequired[Literal["fail", "continue"]]
    """When the time is over before all has come. `fail`: the run is FAILED with the code WAIT_EXPIRED. `continue`: it resumes, and the outcome of what has not come is `timed_out`."""
    note: NotRequired[str | None]
    """What people should know besides."""


class WorkflowRunQuestion(TypedDict):
    key: str
    """Identifies it for good in its run."""
    kind: Literal["question"]
    prompt: str
    """Shown to people as text."""
    choices: NotRequired[list[str]]
    """Without choices, the answer is a text."""
    by: NotRequired[WorkflowRunAnswerers]
    people_only: NotRequired[bool]
    """True: only a sign-in session that began with a login may answer, and no API key."""


class WorkflowRunAnswerers(TypedDict):
    """Who may answer, among those who may invoke the workflow. With `roles` and `user_ids`, who has one of the roles or is one of the users."""
    roles: NotRequired[list[Literal["USER", "OWNER", "ADMIN"]]]
    user_ids: NotRequired[list[str]]
    not_requester: NotRequired[bool]
    """True: not the user who triggered the run."""


class WorkflowRunTimer(TypedDict):
    key: str
    """Identifies it for good in its run."""
    kind: Literal["timer"]
    at: NotRequired[str]
    seconds: NotRequired[int]


class WorkflowRunChildren(TypedDict):
    """Comes when these runs have ended, after the retries of their policies."""
    key: str
    """Identifies it for good in its run."""
    kind: Literal["children"]
    run_ids: NotRequired[list[str]]
    """Children of the run: one that was deleted has ended. Without it, all that the run has triggered until now."""
    fail_fast: NotRequired[bool]
    """True: one that has FAILED or was deleted is enough."""


class WorkflowRunSignalWait(TypedDict):
    key: str
    """Identifies it for good in its run."""
    kind: Literal["signal"]
    name: str
    correlation: NotRequired[str]
    """Which of the signals with this name: the one with the same `correlation`. By default the id of the run."""


class WorkflowRunWaitPage(TypedDict):
    items: list[WorkflowRunWait]
    next_cursor: str | None
    """Send it as `cursor`. Null on the last page."""


class WorkflowRunWaitAnswer(TypedDict):
    """Null for an open question."""
    value: str
    comment: str | None
    user_id: str
    at: str


class WorkflowRunWait(TypedDict):
    run_id: str
    key: str
    workflow_definition_id: str
    workflow_name: str
    prompt: str
    choices: list[str] | None
    """Null: the answer is a text."""
    by: WorkflowRunAnswerers
    people_only: bool
    asked_at: str
    ends_at: str
    """When the time of the suspension is over: see `on_timeout`."""
    on_timeout: Literal["fail", "continue"]
    note: str | None
    answer: WorkflowRunWaitAnswer | None
    """Null for an open question."""


class AnswerWaitRequest(TypedDict):
    value: str
    """One of the choices, or a text."""
    comment: NotRequired[str | None]


class WorkflowSignalReceipt(TypedDict):
    id: str
    run_id: str | None
    """The run that got the signal at once; null when none waited for it."""
    kept_until: str | None
    """When none waited for it: until then, the next run that asks gets it."""


class SignalWorkflowRequest(TypedDict):
    name: str
    correlation: str
    id: NotRequired[str]
    """Identifies the signal for seven days, so that it can be sent again. By default, each request is a new signal."""
    payload: NotRequired[Any]
    """What the run gets: any JSON of at most 32 KiB."""


class CreateRunnerKeyResponse(TypedDict):
    id: str
    name: str
    key: str
    """The secret key. Only this answer has it, since the service stores only its hash."""
    key_suffix: str
    workflow_definition_ids: list[str] | None
    """Null: all."""
    created_at: str


class CreateRunnerKeyRequest(TypedDict):
    name: str
    workflow_definition_ids: NotRequired[list[str] | None]
    """The workflows whose runs it may lease; by default, all."""
    expires_at: NotRequired[str | None]
    """When it expires. By default, it never does."""


class RunnerSession(TypedDict):
    id: str
    token: str
    """The credential for `/v1/leases`."""
    expires_at: str
    """In 24 hours. Open another session before that, or after a 401."""


class CreateRunnerSessionRequest(TypedDict):
    name: str
    """A name by which people recognise the runner, such as its host."""
    workflow_definition_ids: NotRequired[list[str] | None]
    """The workflows whose runs it takes; by default, all that its key may lease."""
    capacity: int
    """How many runs it works on at the same time, at most."""
    tags: NotRequired[list[str]]
    """What it has, such as `gpu`: it gets the runs of workflows whose `runner_tags` are all among these."""


class ClosedRunnerSession(TypedDict):
    id: str


class EventPage(TypedDict):
    items: list[Event]
    next_cursor: str | None
    """Send it as `after` to continue from here. It stays valid, so you can store it. Null while there are no events yet."""
    has_more: bool
    """True when more events can be read at once."""
    holds_back: bool
    """True when some events are held back for a moment, because an older transaction has not ended. Ask again soon."""


class Event(TypedDict):
    id: str
    """The same as in `/events` of the run, and the `webhook-id` of its notifications."""
    type: EventType
    at: str
    """When it happened. For the end of a run, this is when the run ended."""
    run_id: str | None
    workflow_definition_id: str | None
    attempt: int | None
    labels: dict[str, str]
    """The labels of the invoke, by their keys; `{}` when it gave none."""
    detail: dict[str, Any] | None
    """Further details, which depend on the type. `workflow_run.failed` has the `failure_code` here."""


class NotificationEndpointPage(TypedDict):
    items: list[NotificationEndpoint]
    total: int
    limit: int
    offset: int


class NotificationEndpoint(TypedDict):
    id: str
    format: NotificationFormat
    url: str
    """Of the address of a chat only the scheme and the host, since it is a secret."""
    description: str | None
    event_types: list[NotifiedEventType]
    workflow_definition_ids: list[str] | None
    labels: list[str] | None
    on: list[NotificationTurn] | None
    is_active: bool
    """False when it is disabled: then nothing is sent to it."""
    disabled_at: str | None
    disabled_reason: str | None
    failures: int
    """Failed tries since the last successful one."""
    failing_since: str | None
    next_probe_at: str | None
    """After five failures in a row: when the next single try is due. The other notifications wait."""
    old_secret_until: str | None
    """Until then, notifications are also signed with the old secret."""
    created_at: str
    updated_at: str


class ChangedNotificationEndpoint(TypedDict):
    id: str
    format: NotificationFormat
    url: str
    """Of the address of a chat only the scheme and the host, since it is a secret."""
    description: str | None
    event_types: list[NotifiedEventType]
    workflow_definition_ids: list[str] | None
    labels: list[str] | None
    on: list[NotificationTurn] | None
    is_active: bool
    """False when it is disabled: then nothing is sent to it."""
    disabled_at: str | None
    disabled_reason: str | None
    failures: int
    """Failed tries since the last successful one."""
    failing_since: str | None
    next_probe_at: str | None
    """After five failures in a row: when the next single try is due. The other notifications wait."""
    old_secret_until: str | None
    """Until then, notifications are also signed with the old secret."""
    created_at: str
    updated_at: str
    secret: NotRequired[str]
    """The secret with which signatures are verified (Standard Webhooks). Only this answer has it."""


class CreateNotificationEndpointRequest(TypedDict):
    url: str
    """Where notifications are sent. Public and `https`. The address of a chat is its secret, and is never shown again."""
    event_types: list[NotifiedEventType]
    """The events that it is notified of."""
    workflow_definition_ids: NotRequired[list[str] | None]
    """Only events of these workflows are sent, and `notification_endpoint.disabled`. Null, the default, means all workflows."""
    labels: NotRequired[list[str] | None]
    """Only events of runs with all of these labels (`key:value`) are sent, and `notification_endpoint.disabled`. Null, the default, means all events."""
    on: NotRequired[list[NotificationTurn] | None]
    """Of the ends of runs, only these are sent. `first_failure`: a run failed, and the run of its workflow that ended before it had not. `works_again`: a run completed, and the one before it had failed. Runs that were stopped or superseded count for neither. They are turns of the whole workflow, whatever the labels of its runs: with `labels`, only those whose run has them are sent. Null, the default, means all ends."""
    description: NotRequired[str | None]
    format: NotRequired[NotificationFormat]


class ChangeNotificationEndpointRequest(TypedDict):
    url: NotRequired[str]
    """Where notifications are sent. Public and `https`. The address of a chat is its secret, and is never shown again."""
    event_types: NotRequired[list[NotifiedEventType]]
    """The events that it is notified of."""
    workflow_definition_ids: NotRequired[list[str] | None]
    """Only events of these workflows are sent, and `notification_endpoint.disabled`. Null, the default, means all workflows."""
    labels: NotRequired[list[str] | None]
    """Only events of runs with all of these labels (`key:value`) are sent, and `notification_endpoint.disabled`. Null, the default, means all events."""
    on: NotRequired[list[NotificationTurn] | None]
    """Of the ends of runs, only these are sent. `first_failure`: a run failed, and the run of its workflow that ended before it had not. `works_again`: a run completed, and the one before it had failed. Runs that were stopped or superseded count for neither. They are turns of the whole workflow, whatever the labels of its runs: with `labels`, only those whose run has them are sent. Null, the default, means all ends."""
    description: NotRequired[str | None]
    format: NotRequired[NotificationFormat]
    is_active: NotRequired[bool]
    """True enables a disabled endpoint again. False disables it: notifications that wait for it are given up."""


class NotificationEndpointWithSecret(TypedDict):
    id: str
    format: NotificationFormat
    url: str
    """Of the address of a chat only the scheme and the host, since it is a secret."""
    description: str | None
    event_types: list[NotifiedEventType]
    workflow_definition_ids: list[str] | None
    labels: list[str] | None
    on: list[NotificationTurn] | None
    is_active: bool
    """False when it is disabled: then nothing is sent to it."""
    disabled_at: str | None
    disabled_reason: str | None
    failures: int
    """Failed tries since the last successful one."""
    failing_since: str | None
    next_probe_at: str | None
    """After five failures in a row: when the next single try is due. The other notifications wait."""
    old_secret_until: str | None
    """Until then, notifications are also signed with the old secret."""
    created_at: str
    updated_at: str
    secret: str
    """The secret with which signatures are verified (Standard Webhooks). Only this answer has it."""


class NotificationDeliveryPage(TypedDict):
    items: list[NotificationDelivery]
    next_cursor: str | None
    """The cursor of the next page; null on the last page."""


class NotificationDeliveryTrie(TypedDict):
    at: str
    status: int | None
    """The HTTP status of the answer; null when there was none."""
    duration_ms: int
    reason: str | None
    """Why the try failed; null when it was delivered."""
    answer: str | None
    """The first 1 KiB of what the endpoint answered when it refused, with control characters made visible. Null when it answered nothing, or did not refuse."""


class NotificationDelivery(TypedDict):
    id: str
    event_id: str
    """The `webhook-id`. It stays the same when the notification is sent again."""
    type: str
    run_id: str | None
    state: Literal["WAITING", "DELIVERED", "FAILED"]
    """FAILED means that it is not retried any more."""
    created_at: str
    delivered_at: str | None
    next_try_at: str | None
    """When it is tried next, or later while others are sent before it: not before the `next_probe_at` of its endpoint. An instant in the past means that it is due now. Null when it is not tried any more."""
    tries: list[NotificationDeliveryTrie]
    """The last tries, oldest first."""


class PaginatedResponsePathPartResponse(TypedDict):
    items: list[PathPartResponse]
    total: int
    limit: int
    offset: int


class PathPartResponse(TypedDict):
    path_part_id: str
    name: str
    part_type: PartType
    parent_path_id: str | None
    """Null at the root."""
    metadata_obj_id: str | None
    materialized_path: str
    """The names from the root on, each after a `/`."""
    system_managed: bool
    """True for a part that only the service itself changes."""
    can_read: bool
    """Whether the caller may read this and everything below it."""
    can_write: bool
    """Whether the caller may write this and everything below it."""
    created_at: str
    updated_at: str
    """When the part itself was last renamed or moved. Changes of the parts above it do not count."""


class CreatePathPartRequest(TypedDict):
    name: str
    """Unique below its parent. No `/`, no control characters, neither `.` nor `..`."""
    part_type: Literal["FOLDER", "DOCUMENT", "DOCUMENT_VERSION"]
    """A DOCUMENT_VERSION goes below a DOCUMENT, everything else below a FOLDER or at the root."""
    parent_path_id: str | None
    """Null for the root."""


class UpdatePathPartRequest(TypedDict):
    name: NotRequired[str]
    """Unique below its parent. No `/`, no control characters, neither `.` nor `..`."""
    parent_path_id: NotRequired[str | None]
    """The new parent; null for the root."""


class FolderResponse(TypedDict):
    part_type: Literal["FOLDER"]
    id: str
    """The same as `path_part_id`."""
    path_part_id: str
    name: str
    parent_path_part_id: str | None
    """Null at the root."""
    materialized_path: str
    system_managed: bool
    """True for a part that only the service itself changes."""
    tenant_id: str
    created_at: str
    updated_at: str


class CreateFolderRequest(TypedDict):
    name: str
    """Unique below its parent. No `/`, no control characters, neither `.` nor `..`."""
    parent_path_part_id: str


class PaginatedResponseFolderResponse(TypedDict):
    items: list[FolderResponse]
    total: int
    limit: int
    offset: int


class UpdateFolderRequest(TypedDict):
    name: NotRequired[str | None]
    """Unique below its parent. No `/`, no control characters, neither `.` nor `..`."""
    parent_path_part_id: NotRequired[str | None]


class UserResponse(TypedDict):
    id: str
    email: str | None
    first_name: str | None
    last_name: str | None
    idp_type: IdpType
    current_tenant_id: str
    current_tenant_role: TenantUserRole
    default_tenant_id: str


class PaginatedResponseTenantUserResponse(TypedDict):
    items: list[TenantUserResponse]
    total: int
    limit: int
    offset: int


class TenantUserResponse(TypedDict):
    user_id: str
    email: NotRequired[str | None]
    first_name: NotRequired[str | None]
    last_name: NotRequired[str | None]
    role: TenantUserRole
    deactivated_on: NotRequired[str | None]
    """When the user was deactivated: no credential of theirs works since then. Null for an active user."""
    is_tenant_idp_managed: bool
    """Whether the user signs in with the tenant's own login service."""
    created_at: str
    updated_at: str


class CreateTenantUserRequest(TypedDict):
    email: NotRequired[str | None]
    """Unique in the tenant, in whatever case it is written. Only a service user has none."""
    first_name: NotRequired[str | None]
    last_name: NotRequired[str | None]
    role: Literal["USER", "ADMIN"]


class TenantUserEditRequest(TypedDict):
    role: TenantUserRole


class TenantUseCap(TypedDict):
    cap: str
    """One of: definitions, path_parts, waiting_runs, artifact_bytes, sign_in_sessions. There will be more. `sign_in_sessions` are those of one user, and `used` are those of the user who has most: when there is no room for a new one, the oldest ends. For the others, a request that would add more is 409 (`cap_reached`)."""
    used: int
    limit: int


class TenantUse(TypedDict):
    limits: str
    """The class of the tenant's limits: `default` or `large`."""
    caps: list[TenantUseCap]


class PaginatedResponsePermissionResponse(TypedDict):
    items: list[PermissionResponse]
    total: int
    limit: int
    offset: int


class PermissionResponse(TypedDict):
    id: str
    tenant_id: str
    user_id: str
    path_part_id: str
    materialized_path: str
    """The current path of the part. The permission stays on the part when it is moved."""
    capability: PermissionCapability
    created_at: str
    updated_at: str


class CreatePermissionRequest(TypedDict):
    tenant_id: str
    user_id: str
    path_part_id: str
    capability: PermissionCapability


class UpdatePermissionRequest(TypedDict):
    path_part_id: NotRequired[str | None]
    capability: NotRequired[PermissionCapability | None]


class CreateApiKeyResponse(TypedDict):
    id: str
    name: str
    key: str
    """The secret key. Only this answer has it, since the service stores only its hash."""
    key_suffix: str
    created_at: str


class CreateApiKeyRequest(TypedDict):
    name: str
    expires_at: NotRequired[str | None]
    """When it expires. By default, it never does."""
    scopes: NotRequired[list[Literal["read", "run", "manage", "metrics"]] | None]
    """What the key may at most do. `read`: each GET. `run`: trigger, stop, retry and delete runs, and fire triggers. `manage`: change workflows, triggers, files and notifications. `metrics`: only read the metrics. A key with scopes makes no keys, invites, users or permissions, opens no runner sessions and does not sign in. By default, it may do all that you may."""


class ApiKeyResponse(TypedDict):
    id: str
    name: str
    key_suffix: str
    created_at: str


class OwnApiKeys(TypedDict):
    items: list[OwnApiKey]


class OwnApiKey(TypedDict):
    id: str
    name: str
    key_suffix: str
    created_at: str
    kind: Literal["user", "runner"]
    """A `runner` key can only lease runs."""
    scopes: list[Literal["read", "run", "manage", "metrics"]] | None
    """Null for a key without scopes."""
    expires_at: str | None
    """Null for a key that never expires."""
    last_used_at: str | None
    """The beginning of the hour in which it was last used, as far as is known, or when it was made if that is later. Null for a key that was not used."""


class SignInSessions(TypedDict):
    items: list[SignInSession]


class SignInSession(TypedDict):
    id: str
    user_id: str
    began_with: Literal["login", "api_key"]
    """How the user signed in."""
    began_at: str
    last_used_at: str
    """The beginning of the hour in which it was last used, or when it began if that is later."""
    ends_at: str
    """When it ends at the latest. It also ends when it was not used for twelve hours."""
    is_current: bool
    """Whether this request was sent with it."""


class EndedSignInSessions(TypedDict):
    ended: int
    """How many sessions were open. Agents whose access has ended are not counted."""


class EndSignInSessionsRequest(TypedDict):
    user_id: NotRequired[str]
    """Whose; by default yours."""


class CommandLineKeyRequest(TypedDict):
    code_verifier: str
    """The PKCE verifier (RFC 7636) of the challenge with which the sign-in began."""


class InviteResponse(TypedDict):
    id: str
    tenant_id: str
    email: str
    """In lower case."""
    role: TenantUserRole
    expires_at: str
    accepted_at: NotRequired[str | None]
    created_at: str
    updated_at: str
    invite_link: str
    """The page on which it is accepted. Only the answer that creates the invite has the link with its secret."""
    email_id: NotRequired[str | None]
    """Always null: the service sends no email."""


class InviteUserRequest(TypedDict):
    tenant_id: str
    email: str
    role: NotRequired[Literal["USER", "OWNER", "ADMIN"]]


class PaginatedResponseInviteResponse(TypedDict):
    items: list[InviteResponse]
    total: int
    limit: int
    offset: int


class AcceptInviteResponse(TypedDict):
    tenant_id: str
    role: TenantUserRole


class AuditEventPage(TypedDict):
    items: list[AuditEvent]
    next_cursor: str | None
    """Send it as `cursor`. Null on the last page."""


class AuditEvent(TypedDict):
    id: str
    at: str
    action: str
    """The kind of the object, and what happened to it: workflow_definition.created, workflow_definition.replaced, workflow_definition.policy_replaced, workflow_definition.paused, workflow_definition.resumed, workflow_definition.shared, workflow_definition.failure_seen, workflow_definition.deleted, trigger.created, trigger.replaced, trigger.paused, trigger.resumed, trigger.fired, trigger.backfilled, trigger.secret_rotated, trigger.deleted, workflow_run.stopped, workflow_run.retried, workflow_run.answered, workflow_run.deleted, path_part.created, path_part.changed, path_part.deleted, user.created, user.role_changed, user.deactivated, user.activated, user.deleted, user.login_tied, user.login_untied, user.signed_out, user.permission_given, user.permission_changed, user.permission_revoked, api_key.created, api_key.revoked, agent_grant.created, agent_grant.ended, invite.created, invite.accepted, invite.withdrawn, notification_endpoint.created, notification_endpoint.changed, notification_endpoint.secret_rotated, notification_endpoint.tested, notification_endpoint.notification_resent, notification_endpoint.deleted. There will be more."""
    actor: AuditActor
    object: AuditObject
    about: AuditObject | None
    """Another object that it concerns, such as the workflow of a trigger, or the user of a key."""
    before: dict[str, Any] | None
    """The fields that have changed, as they were. Null for a new object."""
    after: dict[str, Any] | None
    """The same fields as they are now. Null for an object that is gone."""
    hidden: list[str]
    """The names of further fields that have changed: secrets, addresses, of which only the host is shown, and free JSON."""
    detail: dict[str, Any] | None
    """What else is known, such as the reason of a stop, or how many runs were stopped, and the first 100."""
    request_id: str | None
    """The `X-Request-Id` of the call."""


class AuditActor(TypedDict):
    user_id: str
    name: str | None
    """Their name at that time."""
    credential_kind: str
    """`api_key`, also for a session of the dashboard that began with a key; `login`, an account of the login service; `agent`, an agent that a person has let in; `session_token`, a bearer token of the issuer of `SESSION_JWKS_URL`; or `invite`, the link of an invite."""
    credential_id: str | None
    credential_name: str | None
    """The name of the key, or the host of the login service."""


class AuditObject(TypedDict):
    kind: str
    """One of: workflow_definition, trigger, workflow_run, path_part, user, api_key, agent_grant, invite, notification_endpoint. There will be more."""
    id: str | None
    """Null for an act on many objects."""
    name: str | None
    """Its name at that time."""


class HealthCheckResponse(TypedDict):
    status: NotRequired[str]
    database_ts: str


class LivenessResponse(TypedDict):
    status: Literal["alive"]


class ReadinessResponseLastAlarm(TypedDict):
    """The last alarm, which enforces deadlines to the second, and how late it was. Null when there was none."""
    seconds_ago: float
    late_ms: float


class ReadinessResponseSetAside(TypedDict):
    step: str
    does: str
    """What the step does."""
    failing: int
    """How many rows."""
    seconds_since_first: float
    """Since the first of them failed."""


class ReadinessResponse(TypedDict):
    status: Literal["ready"]
    database_ts: str
    seconds_since_sweep: float
    """Since a sweep last ended, or the cron last found that there was nothing to sweep."""
    seconds_since_full_sweep: float
    """Since a sweep last ended. Up to an hour while nothing happens."""
    last_alarm: ReadinessResponseLastAlarm | None
    """The last alarm, which enforces deadlines to the second, and how late it was. Null when there was none."""
    set_aside: list[ReadinessResponseSetAside]
    """The steps of the sweep in which rows have failed. It goes on without them and tries them again after a minute to an hour. Its log says which rows these are, and why they fail."""
    hub_location: str | None
    """Where the Durable Objects are created: `HUB_LOCATION`. Null when it is not set."""


class ServiceResponse(TypedDict):
    name: Literal["workflow-runs"]
    version: str
    links: dict[str, str]


class RunFilter(TypedDict):
    status: NotRequired[WorkflowRunStatus | Sequence[WorkflowRunStatus]]
    """Only runs in this state. Repeat it for several."""
    suspended: NotRequired[Literal["true"]]
    """Only suspended runs, which are PENDING until what they wait for has come."""
    label: NotRequired[str | Sequence[str]]
    """Only runs with this label: `key:value`. Repeat it for runs that have several."""
    batch: NotRequired[str]
    """Only runs of this batch."""
    parent_run_id: NotRequired[str]
    """Only runs that this run has triggered: its children."""
    workflow_definition_id: NotRequired[str]
    user_id: NotRequired[str]
    """Only runs that this user triggered."""
    created_after: NotRequired[str | datetime]
    created_before: NotRequired[str | datetime]


class FeedFilter(TypedDict):
    after: NotRequired[str]
    """The `next_cursor` of the answer before. Without it the feed begins with the oldest event."""
    types: NotRequired[EventType | Sequence[EventType]]
    """Only events of this type. Repeat it for several."""
    workflow_definition_id: NotRequired[str]
    label: NotRequired[str | Sequence[str]]
    """Only runs with this label: `key:value`. Repeat it for runs that have several."""


class AuditFilter(TypedDict):
    actor_id: NotRequired[str]
    """Only what this user did."""
    object_id: NotRequired[str]
    """Only events on this object, or about it."""
    action: NotRequired[Literal["workflow_definition.created", "workflow_definition.replaced", "workflow_definition.policy_replaced", "workflow_definition.paused", "workflow_definition.resumed", "workflow_definition.shared", "workflow_definition.failure_seen", "workflow_definition.deleted", "trigger.created", "trigger.replaced", "trigger.paused", "trigger.resumed", "trigger.fired", "trigger.backfilled", "trigger.secret_rotated", "trigger.deleted", "workflow_run.stopped", "workflow_run.retried", "workflow_run.answered", "workflow_run.deleted", "path_part.created", "path_part.changed", "path_part.deleted", "user.created", "user.role_changed", "user.deactivated", "user.activated", "user.deleted", "user.login_tied", "user.login_untied", "user.signed_out", "user.permission_given", "user.permission_changed", "user.permission_revoked", "api_key.created", "api_key.revoked", "agent_grant.created", "agent_grant.ended", "invite.created", "invite.accepted", "invite.withdrawn", "notification_endpoint.created", "notification_endpoint.changed", "notification_endpoint.secret_rotated", "notification_endpoint.tested", "notification_endpoint.notification_resent", "notification_endpoint.deleted"]]
    since: NotRequired[str | datetime]
    """Only events from this instant on."""
    until: NotRequired[str | datetime]
    """Only events before this instant."""


WaitOutcomes: TypeAlias = dict[str, WaitOutcomesValue]
WorkflowRunLogText: TypeAlias = str
Metrics: TypeAlias = str
Answerers: TypeAlias = WorkflowRunAnswerers
ApiKey: TypeAlias = ApiKeyResponse
Backfill: TypeAlias = TriggerBackfill
Checkpoint: TypeAlias = WorkflowRunCheckpoint
ChildSpec: TypeAlias = GivenChildRun
Fault: TypeAlias = ValidationError
FeedEvent: TypeAlias = Event
Firing: TypeAlias = TriggerFiring
NewArtifact: TypeAlias = NewWorkflowRunArtifact
NewTrigger: TypeAlias = CreateTriggerRequest
NewWorkflow: TypeAlias = CreateWorkflowDefinitionRequest
Occurrences: TypeAlias = TriggerOccurrences
Policy: TypeAlias = WorkflowDefinitionPolicy
Run: TypeAlias = WorkflowRunResponse
RunDetails: TypeAlias = WorkflowRunDetails
RunEvent: TypeAlias = WorkflowRunEvent
RunExplanation: TypeAlias = WorkflowRunExplanation
RunFile: TypeAlias = WorkflowRunFile
RunLog: TypeAlias = WorkflowRunLog
RunLogEntry: TypeAlias = WorkflowRunLogEntry
RunResult: TypeAlias = WorkflowRunResult
RunSnapshot: TypeAlias = WorkflowRunSnapshot
RunStatus: TypeAlias = WorkflowRunStatus
TriggerContent: TypeAlias = TriggerRequest
TriggeredBatch: TypeAlias = TriggeredRunBatch
User: TypeAlias = UserResponse
Wait: TypeAlias = WorkflowRunWait
WaitOutcome: TypeAlias = WaitOutcomesValue
Workflow: TypeAlias = WorkflowDefinitionResponse
