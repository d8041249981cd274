"""Heartbeats, which extend the lease of an attempt and carry its progress and its log."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from .._problems import json_of, problem_of
from .._retry import pause_before_retry
from ._calls import RunCalls
from ._outbox import Entry, Outbox, Progress
from ._types import WorkEnded, reason_of

_WEBHOOK_HEARTBEAT_SECONDS = 15.0
_FIRST_PAUSE_SECONDS = 1.0
#: Until the service says something else: as if somebody followed the run.
_FIRST_WITHIN_SECONDS = 1.0


class _Gone(Exception):
    """The attempt is over, so nothing more can be said of it."""


class Reporter:
    """Sends what a handler says. Log and progress are gathered for as long as the service says, since it knows who follows the run.

    A leased run has heartbeats from the beginning. Those of a runner with a URL begin with its first progress, since they begin
    a lease. Until then its log is sent alone.
    """

    def __init__(
        self,
        calls: RunCalls,
        heartbeat_seconds: float | None,
        *,
        ahead_seconds: float,
        on_end: Callable[[WorkEnded], object],
        on_note: Callable[[str], object],
    ) -> None:
        self._calls = calls
        self._outbox = Outbox()
        self._interval = heartbeat_seconds or _WEBHOOK_HEARTBEAT_SECONDS
        self._has_lease = heartbeat_seconds is not None
        self._ahead_seconds = ahead_seconds
        self._on_end = on_end
        self._on_note = on_note
        self._loop = asyncio.get_running_loop()
        self._has_news = asyncio.Event()
        self._within = _FIRST_WITHIN_SECONDS
        self._least: float | None = None
        #: False while the log is closed, and for a service that takes no log with a heartbeat.
        self._carries_log = True
        self._sends_log = True
        #: So that an entry is not sent with news and by `flush_log` at the same time.
        self._log_lock = asyncio.Lock()
        self._sent_at = time.monotonic() if self._has_lease else -math.inf
        self._sending: asyncio.Task[None] | None = None
        self._is_closed = False

    def log(self, text: str) -> None:
        """Adds to the log, from any thread."""
        due_at = self._outbox.log_due_at(0)
        self._outbox.add_text(text)
        if self._outbox.log_due_at(0) < due_at:
            self._wake()

    def progress(self, progress: Progress) -> None:
        """Replaces the progress, from any thread."""
        self._outbox.add_progress(progress)
        self._wake()

    def start(self) -> None:
        """Sends heartbeats until `close`, or until the attempt is over."""
        if not self._is_closed:
            self._sending = self._loop.create_task(self._send())

    def close(self) -> None:
        self._is_closed = True
        if self._sending is not None:
            self._sending.cancel()

    @asynccontextmanager
    async def silent(self) -> AsyncIterator[None]:
        """Sends nothing while a call goes on that may end the attempt.

        A heartbeat that is under way is given up, since its answer could say that the lease is lost.
        """
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.wait([self._sending])
        try:
            yield
        finally:
            self.start()

    async def _send(self) -> None:
        try:
            while True:
                await self._until_due(self._sent_at)
                pause_seconds = _FIRST_PAUSE_SECONDS
                while not await self._try_to_send_news():
                    # It is never longer than the time between two heartbeats, since the lease continues to run out.
                    rest = pause_before_retry(self._least, min(pause_seconds, self._interval))
                    await asyncio.sleep(min(rest, self._interval))
                    pause_seconds *= 2
                self._sent_at = time.monotonic()
        except _Gone:
            pass

    def take_no_more(self) -> None:
        """The work has ended: what it goes on to log does not delay its result."""
        self._outbox.take_no_more()

    def close_log(self) -> None:
        """Sends nothing more of the log."""
        self._outbox.close_log()

    async def flush_log(self) -> None:
        """Sends the rest of the log, and then the end of a long one.

        They precede the result or the suspension, since that closes the log.
        """
        self._sends_log = False
        try:
            async with self._log_lock:
                while entries := self._outbox.entries():
                    await self._send_entry(entries[0])
                self._outbox.add_end()
                while entries := self._outbox.entries():
                    await self._send_entry(entries[0])
        finally:
            self._sends_log = True

    def _wake(self) -> None:
        self._loop.call_soon_threadsafe(self._has_news.set)

    async def _until_due(self, sent_at: float) -> None:
        while True:
            self._has_news.clear()
            due_at = self._outbox.progress_due_at(self._within if self._has_lease else 0)
            if self._has_lease:
                due_at = min(due_at, sent_at + self._interval)
            if self._sends_log:
                due_at = min(due_at, self._outbox.log_due_at(self._within))
            seconds = due_at - time.monotonic()
            if seconds <= 0:
                return
            try:
                await asyncio.wait_for(self._has_news.wait(), None if seconds == math.inf else seconds)
            except TimeoutError:
                pass

    async def _try_to_send_news(self) -> bool:
        """False when it has to be tried again, also after a failure that nobody has thought of: the lease must not end by it."""
        try:
            return await self._send_news()
        except _Gone:
            raise
        except Exception as error:
            self._on_note(reason_of(error))
            return False

    async def _send_news(self) -> bool:
        """False when it has to be tried again."""
        self._least = None
        entries = self._outbox.entries() if self._sends_log else []
        progress = self._outbox.take_progress()
        if progress:
            self._has_lease = True
        if not self._has_lease or not self._carries_log:
            async with self._log_lock:
                for entry in entries:
                    await self._send_entry(entry)
            entries = []
        return await self._beat(progress, entries) if self._has_lease else True

    async def _beat(self, progress: Progress, entries: list[Entry]) -> bool:
        try:
            body = {**({"progress": progress} if progress else {}), **({"log": entries} if entries else {})}
            response = await self._calls.once("heartbeat", body)
        except (httpx.RequestError, asyncio.CancelledError) as error:
            self._outbox.return_progress(progress)
            if isinstance(error, asyncio.CancelledError):
                raise
            self._on_note(reason_of(error))
            return False
        if response.is_success:
            self._hear(response, entries)
            return True
        problem = problem_of(response)
        if problem.status in (413, 422):
            # The body was refused. A service of an older release does not take log entries here.
            if entries:
                self._carries_log = False
                self._outbox.return_progress(progress)
            elif progress:
                # What is wrong with the progress must not cost the lease, so the next try is without it.
                self._on_note(f"The progress was refused: {problem}")
            return not entries and not progress
        if problem.is_temporary:
            self._on_note(problem.detail)
            self._outbox.return_progress(progress)
            self._least = problem.retry_after
            return False
        # Any other error refers to the attempt.
        self._on_end(WorkEnded("lost", problem.detail))
        raise _Gone

    async def _send_entry(self, entry: Entry) -> None:
        response = await self._calls.call("log", entry)
        if response.is_success:
            self._hear(response, [entry])
        else:
            # The run has ended: nothing more is stored.
            self._outbox.close_log()

    def _hear(self, response: httpx.Response, entries: list[Entry]) -> None:
        """Reads an answer: whether the log was stored, how long to gather, and whether the work must end."""
        answer = json_of(response)
        if not isinstance(answer, dict):
            answer = {}
        within = answer.get("log_within_ms")
        if isinstance(within, int) and within > 0:
            self._within = within / 1000
        # A heartbeat says it of all its entries, and `/log` of the one entry.
        stored = answer.get("log") if "log" in answer else answer
        if not isinstance(stored, dict):
            stored = {}
        if self._outbox.settle(entries, stored):
            self._on_note("The log is longer than the service stores. Of the rest, its end is sent before the result.")
        if stored.get("conflicts"):
            self._outbox.close_log()
        stop: Any = answer.get("stop")
        if isinstance(stop, dict):
            self._on_end(WorkEnded.by_stop("stopping", stop, self._ahead_seconds))
