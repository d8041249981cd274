"""One attempt of a run in this runner: it does the work, extends the lease, sends the log, and reports the result."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import logging
import mimetypes
import threading
import time
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

import httpx

from .._problems import ApiProblem, problem_of
from .._values import to_json
from ._calls import RunCalls
from ._output import free_name, why_not_kept
from ._reporter import Reporter
from ._run import AsyncRun, FileBody, Handler, Run, current_run
from ._steps import Steps
from ._types import Assignment, Outcome, Result, RunSuspended, WorkEnded, WorkFailed, instant_of, reason_of

logger = logging.getLogger("workflow_runs.runner")

Value = TypeVar("Value")

#: The service decides by its own clock whether a result is late, so a late one is given up only this long after its
#: deadline.
_CLOCK_SLACK_SECONDS = 10
_MOST_ERROR_LENGTH = 8_192
_MOST_SUMMARY_LENGTH = 2_000
#: How long the result waits for a log that cannot be sent: at most this, and half of the time that is left.
_LOG_TIMEOUT_SECONDS = 300
_CHUNK_BYTES = 256 * 1024


class Attempt:
    def __init__(
        self, assignment: Assignment, handler: Handler, http: httpx.AsyncClient, *, ahead_seconds: float
    ) -> None:
        """`ahead_seconds` is how far the service's clock is ahead of the one of this machine, as far as is known."""
        self.assignment = assignment
        self._handler = handler
        #: Converted to the clock of this machine.
        self._deadline = instant_of(assignment["deadline_at"]).timestamp() - ahead_seconds
        self._calls = RunCalls(http, assignment, self._note_retry)
        heartbeat_seconds = assignment.get("heartbeat_interval_seconds")
        self._is_leased = heartbeat_seconds is not None
        self._reporter = Reporter(
            self._calls,
            heartbeat_seconds,
            ahead_seconds=ahead_seconds,
            on_end=self._end_by_service,
            on_note=self._note_retry,
        )
        steps = Steps(
            assignment,
            self._calls,
            self._reporter,
            flush_log=self._flush_log,
            unless_over=self._unless_over,
            end=self.end,
        )
        context = AsyncRun if inspect.iscoroutinefunction(handler) else Run
        self._run: Run | AsyncRun = context(assignment, self._reporter, steps, self._store)
        self._reason: WorkEnded | RunSuspended | None = None
        self._has_result = False
        #: The names of the files that the handler has stored, or tried to.
        self._names: set[str] = set()
        self._last_retry: str | None = None
        loop = asyncio.get_running_loop()
        #: Done when nothing more has to be sent to the service.
        self._over: asyncio.Future[None] = loop.create_future()
        #: Done when this runner waits for the work no longer.
        self._abandoned: asyncio.Future[None] = loop.create_future()

    def end(self, reason: WorkEnded | RunSuspended) -> None:
        """Ends the work.

        A later reason replaces an earlier one only if it leaves less to do, such as a stop without grace after one with a grace.
        When the work has ended before its lease was lost, its result is reported nevertheless: only the answer to the callback
        says whether it counts, and the service keeps a late one for people to find.
        """
        if self._has_result and reason.kind == "lost":
            return
        if self._reason is None or (self._reason.is_result_wanted and not reason.is_result_wanted):
            self._reason = reason
            self._run._end(reason)
        if not reason.is_result_wanted and not self._over.done():
            self._over.set_result(None)
            self._reporter.close()

    def abandon(self) -> None:
        """Waits for the work no longer, when this runner ends and the work does not."""
        if not self._abandoned.done():
            self._abandoned.set_result(None)

    async def execute(self) -> Outcome:
        """Does the work and reports the result. It raises nothing."""
        left = self._deadline - time.time()
        loop = asyncio.get_running_loop()
        deadline = loop.call_later(max(0, left + _CLOCK_SLACK_SECONDS), self.end, _deadline_passed())
        self._reporter.start()
        try:
            result = await self._work()
            self._has_result = self._reason is None
            return await self._unless_over(self._report(result))
        except RunSuspended:
            return Outcome(None, "suspended", None)
        except WorkEnded as reason:
            return Outcome(None, "unwanted", str(reason))
        finally:
            deadline.cancel()
            self._reporter.close()

    async def _work(self) -> dict[str, Any]:
        if self._reason is not None:
            return self._failed(self._reason)
        value, error = await self._call_handler()
        if error is None:
            try:
                result = value if isinstance(value, Result) else Result(value)
                return {"status": "COMPLETED", **await self._kept(result)}
            except Exception as refusal:
                error = refusal
        return self._failed(error)

    def _failed(self, error: BaseException) -> dict[str, Any]:
        if self._reason is not None:
            text = str(self._reason)
        elif isinstance(error, WorkFailed):
            text = str(error)
        else:
            text = reason_of(error)
            self._reporter.log(_traceback_of(error))
        return {"status": "FAILED", "error": text[:_MOST_ERROR_LENGTH], **_retry_of(error)}

    async def _call_handler(self) -> tuple[Any, BaseException | None]:
        """What the handler returns or raises."""
        handler: Any = self._handler
        context = contextvars.copy_context()
        context.run(current_run.set, self._run)
        if isinstance(self._run, AsyncRun):
            work: asyncio.Future[Any] = asyncio.create_task(_caught(handler(self._run)), context=context)
        else:
            work = _in_thread(lambda: context.run(handler, self._run))
        await _first_of(work, self._abandoned)
        if not work.done():
            work.cancel()
            return None, self._reason
        value: tuple[Any, BaseException | None] = work.result()
        return value

    async def _kept(self, result: Result) -> dict[str, Any]:
        """The fields of a result. An output that the service would not keep is stored as a file."""
        summary = result.summary
        fields: dict[str, Any] = {}
        if result.output is not None:
            why = why_not_kept(result.output)
            if why is None:
                fields["output"] = result.output
            else:
                name = free_name(self._names)
                await self._store(name, to_json(result.output), None)
                told = f"The output is the file {name}: {why}."
                self._reporter.log(f"{told}\n")
                summary = f"{summary}\n{told}" if summary else told
        if summary is not None:
            fields["summary"] = summary[-_MOST_SUMMARY_LENGTH:]
        if result.artifacts:
            fields["artifacts"] = list(result.artifacts)
        return fields

    async def _report(self, result: dict[str, Any]) -> Outcome:
        self._reporter.take_no_more()
        await self._flush_log()
        self._reporter.close_log()
        error = result.get("error")
        if self._reason is not None and self._reason.kind == "shut_down" and self._is_leased and error is not None:
            response = await self._calls.call("release", None)
            # 409 after an answer that was lost: the run is given back already, or has ended.
            if response.is_success or response.status_code == 409:
                return Outcome(None, "released", error)
        else:
            response = await self._calls.call("callback", result)
            if response.status_code in (413, 422):
                # Reported again without what was refused. Otherwise the run would wait for its deadline.
                error = f"The result was refused: {problem_of(response)}"[:_MOST_ERROR_LENGTH]
                self._note(error)
                result = {"status": "FAILED", "error": error}
                response = await self._calls.call("callback", result)
            if response.is_success:
                return Outcome(result["status"], "recorded", error)
        return Outcome(result["status"], "refused", str(problem_of(response)))

    async def _flush_log(self) -> None:
        half = max(0, self._deadline - time.time()) / 2
        try:
            await asyncio.wait_for(self._reporter.flush_log(), min(_LOG_TIMEOUT_SECONDS, half))
        except TimeoutError:
            self._note("The rest of the log could not be sent in time.")

    async def _store(self, name: str, body: FileBody, content_type: str | None) -> None:
        self._names.add(name)
        guessed, encoding = mimetypes.guess_type(name)
        if encoding is not None:
            guessed = f"application/{encoding}"
        elif guessed is not None and guessed.startswith("text/"):
            guessed += "; charset=utf-8"
        default = "text/plain; charset=utf-8" if isinstance(body, str) else "application/octet-stream"
        content = body.encode() if isinstance(body, str) else body
        size = len(content) if isinstance(content, bytes) else Path(content).stat().st_size
        headers = {"Content-Type": content_type or guessed or default, "Content-Length": str(size)}
        try:
            await self._unless_over(self._calls.put_file(name, lambda: _chunks(content, size), headers))
        except ApiProblem as problem:
            problem.add_note(f"The file {name} was not stored.")
            raise

    async def _unless_over(self, work: Coroutine[Any, Any, Value]) -> Value:
        """Cancels what is being sent when no result counts any more, and raises the reason."""
        if self._over.done():
            work.close()
            raise self._reason or _deadline_passed()
        task = asyncio.create_task(work)
        try:
            await _first_of(task, self._over)
            if task.done():
                return task.result()
        finally:
            task.cancel()
        raise self._reason or _deadline_passed()

    def _end_by_service(self, reason: WorkEnded) -> None:
        self.end(_deadline_passed() if reason.kind == "lost" and time.time() >= self._deadline else reason)

    def _note_retry(self, reason: str) -> None:
        """Each reason is noted once, since an outage causes many tries."""
        if reason != self._last_retry:
            self._note(f"Tries again: {reason}")
        self._last_retry = reason

    def _note(self, text: str) -> None:
        logger.warning("%s.%s: %s", self.assignment["run_id"], self.assignment["attempt"], text)


async def _first_of(*futures: asyncio.Future[Any]) -> None:
    await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)


def _retry_of(error: BaseException) -> dict[str, Any]:
    if not isinstance(error, WorkFailed):
        return {}
    if not error.retry:
        return {"retry": False}
    return {} if error.retry_after_seconds is None else {"retry_after_seconds": error.retry_after_seconds}


def _traceback_of(error: BaseException) -> str:
    """The traceback from the handler on, without the frames of this package that have called it."""
    frame = error.__traceback__
    while frame is not None and str(frame.tb_frame.f_globals.get("__name__")).startswith("workflow_runs."):
        frame = frame.tb_next
    return "".join(traceback.format_exception(type(error), error, frame))


def _deadline_passed() -> WorkEnded:
    return WorkEnded("deadline", "The deadline has passed.")


async def _caught(work: Coroutine[Any, Any, Any]) -> tuple[Any, BaseException | None]:
    """`sys.exit()` in a handler would end the event loop, too."""
    try:
        return await work, None
    except BaseException as error:
        return None, error


def _in_thread(work: Callable[[], Any]) -> asyncio.Future[Any]:
    """What the work returns or raises.

    The thread is a daemon, so work that does not end does not keep the process from ending.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def settle(outcome: tuple[Any, BaseException | None]) -> None:
        if not future.done():
            future.set_result(outcome)

    def call() -> None:
        try:
            outcome: tuple[Any, BaseException | None] = (work(), None)
        except BaseException as error:
            outcome = (None, error)
        try:
            loop.call_soon_threadsafe(settle, outcome)
        except RuntimeError:
            pass  # The loop has ended, and nobody waits any more.

    threading.Thread(target=call, name="workflow-run", daemon=True).start()
    return future


async def _chunks(content: bytes | PathLike[str], size: int) -> AsyncIterator[bytes]:
    """The first `size` bytes, since something may still be written to a file."""
    if isinstance(content, bytes):
        yield content
        return
    with await asyncio.to_thread(open, content, "rb") as file:
        while size > 0 and (chunk := await asyncio.to_thread(file.read, min(size, _CHUNK_BYTES))):
            size -= len(chunk)
            yield chunk
