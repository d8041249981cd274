"""What the parts of the runner kit share."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

from ..types import Answerers, NewArtifact, RunSnapshot, RunStatus, WorkflowRunResume


class Assignment(TypedDict):
    """One attempt of a run, as a dispatch or a lease describes it."""

    run_id: str
    attempt: int
    deadline_at: str
    run_snapshot: RunSnapshot
    input: dict[str, Any] | None
    labels: dict[str, str]
    #: From the second attempt on. A service of an older release has none.
    resume: NotRequired[WorkflowRunResume]
    callback_url: str
    callback_token: str
    #: Only of a lease.
    heartbeat_interval_seconds: NotRequired[int]


@dataclass(frozen=True)
class Result:
    """The result of the work, for a handler that has more to say than its output.

    Attributes:
        output: Any JSON. One of more than 64 KiB is stored as the file `output.json`, or as
            `output-1.json` and so on when the handler has stored a file with that name.
        summary: A text for people, at most 2,000 characters.
        artifacts: Links to what was made, at most 50.
    """

    output: Any = None
    summary: str | None = None
    artifacts: Sequence[NewArtifact] = ()


class WorkFailed(Exception):
    """Raised by a handler to fail its run with this text, and without a traceback in its log.

    It says what a policy does that retries REPORTED failures: nothing with `retry=False`, and with `retry_after_seconds` (up to a
    day) it waits at least that long.
    """

    def __init__(self, message: str, *, retry: bool = True, retry_after_seconds: int | None = None) -> None:
        super().__init__(message)
        self.retry = retry
        self.retry_after_seconds = retry_after_seconds


EndKind: TypeAlias = Literal["stopping", "stopped", "deadline", "lost", "shut_down"]


class WorkEnded(Exception):
    """Raised in a handler when its work must end.

    Attributes:
        kind: "stopping": somebody has stopped the run, and a result counts until `ends_at`. "shut_down": this runner ends, and
            gives the run back unless it is completed. "stopped", "deadline" and "lost": no result counts any more.
        ends_at: Until when a result still counts, converted to the clock of this machine; None when that is not known.
    """

    def __init__(
        self,
        kind: EndKind,
        message: str,
        ends_at: datetime | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.ends_at = ends_at

    @property
    def is_result_wanted(self) -> bool:
        """False when no result of the attempt counts any more."""
        return self.kind in ("stopping", "shut_down")

    @classmethod
    def by_stop(cls, kind: EndKind, stop: Mapping[str, object], ahead_seconds: float) -> WorkEnded:
        """`ahead_seconds` is how far the clock of the service is ahead of the one of this machine."""
        reason, ends_at = stop.get("reason"), stop.get("ends_at")
        text = f"Stopped: {reason}" if isinstance(reason, str) else "It was stopped."
        ahead = timedelta(seconds=ahead_seconds)
        return cls(kind, text, instant_of(ends_at) - ahead if isinstance(ends_at, str) else None)


class Limits(TypedDict, total=False):
    """How long a run waits, and what happens then."""

    timeout_seconds: int
    """How long the run waits; by default seven days."""
    on_timeout: Literal["fail", "continue"]
    """When that time is over: "fail" fails the run, and "continue" goes on with the outcome `timed_out`."""
    note: str
    """What people should know besides."""


class Question(Limits, total=False):
    """What a question may have besides its text."""

    choices: Sequence[str]
    """2 to 10. Without them, the answer is a text."""
    by: Answerers
    """Who may answer, among those who may invoke the workflow."""
    people_only: bool
    """False: API keys and agents may answer, too."""


class SignalWait(Limits, total=False):
    """Which signal a run waits for."""

    name: str
    """By default the key."""
    correlation: str
    """By default the id of the run."""


class ChildrenOptions(Limits, total=False):
    """How a run waits for its children."""

    fail_fast: bool
    """True: one that has failed is enough."""


class Child(TypedDict):
    """What has become of a child. One that was deleted is "DELETED", and has no id any more."""

    run_id: str | None
    workflow_definition_id: str
    key: str
    status: RunStatus | Literal["DELETED"]
    output: Any
    summary: str | None
    error: str | None
    failure_code: str | None


class RunSuspended(BaseException):
    """Raised by `ask`, `sleep`, `signal` and `children` when they have suspended the run, and by all later calls: it ends the handler.

    The next attempt calls the handler anew. Like `asyncio.CancelledError`, it is no `Exception`, so that `except Exception` does
    not catch it. Who catches it nevertheless should raise it again: the run is suspended all the same.
    """

    kind: Literal["suspended"] = "suspended"
    is_result_wanted: Literal[False] = False

    def __init__(self) -> None:
        super().__init__("The run is suspended, and goes on in its next attempt.")


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended in this runner.

    Attributes:
        status: None when the result of the work was no longer wanted, or when the run was given back or suspended.
        report: "recorded": the service has the result. "released": the run was given back. "suspended": it waits, and goes on in
            another attempt. "refused": the service refused the result. "unwanted": no result was wanted any more.
        error: Why the work failed, or why nothing was reported.
    """

    status: Literal["COMPLETED", "FAILED"] | None
    report: Literal["recorded", "released", "suspended", "refused", "unwanted"]
    error: str | None


def instant_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


def reason_of(error: BaseException) -> str:
    """The last line of a traceback, such as "ValueError: There is no such folder"."""
    return "".join(traceback.format_exception_only(error)).strip()
