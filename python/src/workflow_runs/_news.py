"""What the streams of the service say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypedDict, cast

from .types import Run, RunEvent, RunLogEntry, RunStatus


@dataclass(frozen=True)
class StreamMessage:
    """A message of a stream. `id` is the position after it, from which to resume; None when the message has none."""

    id: str | None
    event: str
    data: Any


class RunProgress(TypedDict):
    """What the runner of an attempt that is RUNNING has reported."""

    attempt: int
    percent: int | None
    message: str | None


class StreamedLogEntry(RunLogEntry):
    """An entry of the log of a run, with the attempt whose log it belongs to."""

    attempt: int


@dataclass(frozen=True)
class RunNews:
    """An event of a run, and the run at that time; or new progress; or an entry of its log. What it is not, is None.

    `message` is the raw message of the stream, which may have more in later versions of the service.
    """

    message: StreamMessage
    run: Run | None = None
    event: RunEvent | None = None
    progress: RunProgress | None = None
    log: StreamedLogEntry | None = None


def news_of(message: StreamMessage) -> RunNews:
    """What a message of a run's stream says."""
    data = message.data
    if not isinstance(data, dict):
        return RunNews(message)
    if message.event == "progress":
        return RunNews(message, progress=cast(RunProgress, data))
    if message.event == "log":
        return RunNews(message, log=cast(StreamedLogEntry, data))
    return RunNews(message, run=data.get("run"), event=data.get("event"))


def is_end(message: StreamMessage) -> bool:
    """True for the message after which a run has ended."""
    run = news_of(message).run
    return run is not None and has_ended(run["status"])


def has_ended(status: RunStatus) -> bool:
    return status in ("COMPLETED", "FAILED")
