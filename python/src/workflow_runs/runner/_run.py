"""What a handler gets: the run, and what it may say while it works."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextvars import ContextVar
from datetime import datetime, timedelta
from os import PathLike
from typing import Any, TypeVar, Unpack

from ..types import ChildSpec, RunSnapshot, WaitOutcome
from ._outbox import Progress
from ._reporter import Reporter
from ._steps import Steps
from ._types import Assignment, Child, ChildrenOptions, Question, RunSuspended, SignalWait, WorkEnded, instant_of

Value = TypeVar("Value")

#: A file's content, or its path.
FileBody = str | bytes | PathLike[str]
Store = Callable[[str, FileBody, str | None], Coroutine[Any, Any, None]]


#: How long the message of a progress may be.
_MOST_MESSAGE_LENGTH = 500


def _number_of(percent: Any) -> float:
    """Not a number for what is none: a progress must not fail its run."""
    try:
        return float(percent)
    except (TypeError, ValueError, OverflowError):
        return math.nan


class BaseRun:
    """One attempt of a run.

    Attributes:
        id: The run.
        attempt: 1 for a new run, one more for each retry.
        input: The input of the run; empty when it has none.
        labels: The labels of the run, by their keys.
        snapshot: The workflow as it was when the run was triggered: its name, sources, instructions, outputs and template.
        deadline_at: When the result must have arrived at the latest, by the clock of the service.
    """

    def __init__(self, assignment: Assignment, reporter: Reporter, steps: Steps) -> None:
        self.id = assignment["run_id"]
        self.attempt = assignment["attempt"]
        self.input: dict[str, Any] = assignment["input"] or {}
        self.labels = assignment["labels"]
        self.snapshot: RunSnapshot = assignment["run_snapshot"]
        self.deadline_at: datetime = instant_of(assignment["deadline_at"])
        self._reporter = reporter
        self._steps = steps
        self._ended: WorkEnded | RunSuspended | None = None

    def check(self) -> None:
        """Raises `WorkEnded` if the work must end, or `RunSuspended`. All other methods do so, too."""
        if self._ended is not None:
            raise self._ended

    def log(self, text: str) -> None:
        """Appends a line to the run's log, which is sent in the background.

        `RunLogHandler` does the same for `logging`.
        """
        self.check()
        self._append(text)

    def progress(self, percent: float | None = None, message: object = None) -> None:
        """Shows people the progress of the work, as soon as a log is sent. The latest one wins.

        The percentage is rounded, and kept between 0 and 100; what is no number is left out. Of a message, the first 500
        characters are shown.
        """
        self.check()
        progress: Progress = {}
        given = _number_of(percent)
        if math.isfinite(given):
            progress["percent"] = round(min(max(given, 0), 100))
        if message is not None:
            progress["message"] = str(message).replace("\0", "\N{REPLACEMENT CHARACTER}")[:_MOST_MESSAGE_LENGTH]
        self._reporter.progress(progress)

    def _append(self, text: str) -> None:
        self._reporter.log(text if text.endswith("\n") else f"{text}\n")

    def _end(self, reason: WorkEnded | RunSuspended) -> None:
        self._ended = reason


class Run(BaseRun):
    """One attempt of a run, for a handler without `async`, which runs in a thread of its own.

    `stopped` is set when the work must end: `run.stopped.wait(5)` sleeps until then, at most 5 seconds.
    """

    def __init__(self, assignment: Assignment, reporter: Reporter, steps: Steps, store: Store) -> None:
        super().__init__(assignment, reporter, steps)
        self.stopped = threading.Event()
        self._store = store
        self._loop = asyncio.get_running_loop()

    def upload(self, name: str, body: FileBody, *, content_type: str | None = None) -> None:
        """Stores a file of the run, of up to 95 MB: a text, bytes, or the file at a path. The same name again replaces it.

        Raises:
            ApiProblem: The service refuses the file, or keeps no files.
        """
        self.check()
        self._until_done(self._store(name, body, content_type))

    def step(self, key: str, work: Callable[[], Value]) -> Value:
        """Does a part of the work, and keeps what it returns, as JSON of up to 64 KiB.

        A later attempt returns what was kept, and does not do it again. When an attempt dies before it was kept, it is done again.

        Raises:
            ApiProblem: The service refuses to keep it, such as with another value than the one that is kept.
        """
        self.check()
        checkpoints = self._until_done(self._steps.checkpoints())
        if key not in checkpoints:
            self.check()
            self._until_done(self._steps.keep(key, work()))
        value: Value = checkpoints[key]
        return value

    def ask(self, key: str, prompt: str, **question: Unpack[Question]) -> WaitOutcome:
        """Asks people: suspends the run until somebody has answered. The `value` of the outcome is the answer.

        Args:
            key: Identifies the question for good in its run.
            prompt: Shown to people as text.
            question: The `choices`, `by`, `people_only`, `timeout_seconds`, `on_timeout` and `note` of `Question`.

        Raises:
            RunSuspended: The question is asked, and the handler ends. The next attempt calls it anew, and gets the outcome here.
            ApiProblem: The service refuses the question.
        """
        self.check()
        return self._until_done(self._steps.ask(key, prompt, question))

    def sleep(self, key: str, until: datetime | timedelta | int) -> WaitOutcome:
        """Suspends the run until an instant, or for a time from the first call with this key on: seconds, or a `timedelta`.

        Raises:
            RunSuspended: The handler ends. The next attempt calls it anew, and goes on here.
        """
        self.check()
        return self._until_done(self._steps.sleep(key, until))

    def signal(self, key: str, **signal: Unpack[SignalWait]) -> WaitOutcome:
        """Suspends the run until another program has sent a signal, also one that came before. Its outcome has the `payload`.

        Args:
            key: Identifies the wait for good in its run, and is the name of the signal by default.
            signal: The `name`, `correlation`, `timeout_seconds`, `on_timeout` and `note` of `SignalWait`.

        Raises:
            RunSuspended: The handler ends. The next attempt calls it anew, and gets the outcome here.
        """
        self.check()
        return self._until_done(self._steps.signal(key, signal))

    def children(self, key: str, specs: Sequence[ChildSpec], **options: Unpack[ChildrenOptions]) -> list[Child]:
        """Triggers runs, and suspends this one until they have ended. Returns them in the order of `specs`.

        Some may have FAILED; with `fail_fast` or `on_timeout="continue"`, some may not have ended.

        Raises:
            RunSuspended: The handler ends. The next attempt calls it anew, and goes on here.
            ApiProblem: The service refuses to trigger them.
        """
        self.check()
        return self._until_done(self._steps.children(key, specs, options))

    def _until_done(self, work: Coroutine[Any, Any, Value]) -> Value:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _end(self, reason: WorkEnded | RunSuspended) -> None:
        super()._end(reason)
        self.stopped.set()


class AsyncRun(BaseRun):
    """One attempt of a run, for an `async` handler. `stopped` is set when the work must end."""

    def __init__(self, assignment: Assignment, reporter: Reporter, steps: Steps, store: Store) -> None:
        super().__init__(assignment, reporter, steps)
        self.stopped = asyncio.Event()
        self._store = store

    async def upload(self, name: str, body: FileBody, *, content_type: str | None = None) -> None:
        """Stores a file of the run, of up to 95 MB: a text, bytes, or the file at a path. The same name again replaces it.

        Raises:
            ApiProblem: The service refuses the file, or keeps no files.
        """
        self.check()
        await self._store(name, body, content_type)

    async def step(self, key: str, work: Callable[[], Awaitable[Value]]) -> Value:
        """Does a part of the work, and keeps what it returns, as JSON of up to 64 KiB.

        A later attempt returns what was kept, and does not do it again. When an attempt dies before it was kept, it is done again.

        Raises:
            ApiProblem: The service refuses to keep it, such as with another value than the one that is kept.
        """
        self.check()
        checkpoints = await self._steps.checkpoints()
        if key not in checkpoints:
            self.check()
            await self._steps.keep(key, await work())
        value: Value = checkpoints[key]
        return value

    async def ask(self, key: str, prompt: str, **question: Unpack[Question]) -> WaitOutcome:
        """Asks people, as `Run.ask`: suspends the run until somebody has answered. The `value` of the outcome is the answer.

        Raises:
            RunSuspended: The question is asked, and the handler ends. The next attempt calls it anew, and gets the outcome here.
            ApiProblem: The service refuses the question.
        """
        self.check()
        return await self._steps.ask(key, prompt, question)

    async def sleep(self, key: str, until: datetime | timedelta | int) -> WaitOutcome:
        """Suspends the run until an instant, or for a time from the first call with this key on: seconds, or a `timedelta`.

        Raises:
            RunSuspended: The handler ends. The next attempt calls it anew, and goes on here.
        """
        self.check()
        return await self._steps.sleep(key, until)

    async def signal(self, key: str, **signal: Unpack[SignalWait]) -> WaitOutcome:
        """Suspends the run until another program has sent a signal, as `Run.signal`. Its outcome has the `payload`.

        Raises:
            RunSuspended: The handler ends. The next attempt calls it anew, and gets the outcome here.
        """
        self.check()
        return await self._steps.signal(key, signal)

    async def children(self, key: str, specs: Sequence[ChildSpec], **options: Unpack[ChildrenOptions]) -> list[Child]:
        """Triggers runs, as `Run.children`, and suspends this one until they have ended. Returns them in the order of `specs`.

        Raises:
            RunSuspended: The handler ends. The next attempt calls it anew, and goes on here.
            ApiProblem: The service refuses to trigger them.
        """
        self.check()
        return await self._steps.children(key, specs, options)

    def _end(self, reason: WorkEnded | RunSuspended) -> None:
        super()._end(reason)
        self.stopped.set()


#: It gets a `Run`, or if it is `async`, an `AsyncRun`.
Handler = Callable[[Run], object] | Callable[[AsyncRun], Awaitable[object]]

#: The run that the code that asks works on. Threads that a handler starts by `asyncio.to_thread` have it, too.
current_run: ContextVar[BaseRun] = ContextVar("workflow_runs_current_run")
