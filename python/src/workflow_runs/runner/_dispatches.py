"""The messages that a runner with a URL gets."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from typing import Any

from .._webhooks import Webhook
from ._attempt import Attempt
from ._types import Assignment, EndKind, Outcome, WorkEnded

#: Longer than any run can last, so no message about a run can arrive so long after its dispatch.
_FORGET_AFTER_SECONDS = 25 * 3600


class Dispatches:
    """Begins each attempt once, however often its dispatch arrives, and ends those that were stopped."""

    def __init__(self, begin: Callable[[Assignment, float], tuple[Attempt, asyncio.Task[Outcome]]]) -> None:
        self._begin = begin
        #: Each attempt while it goes on, None when it has ended, or what a stop has said that came before the dispatch; and since
        #: when it is known.
        self._known: dict[tuple[str, int], tuple[Attempt | WorkEnded | None, float]] = {}

    def obey(self, message: Webhook) -> None:
        data = message.data
        # Messages of an unknown type, and messages that ask for no work, are accepted and ignored.
        if "run_id" not in data or "attempt" not in data:
            return
        self._forget_old()
        key = (data["run_id"], data["attempt"])
        if message.type in ("workflow_run.stopped", "workflow_run.stopping"):
            kind: EndKind = "stopped" if message.type == "workflow_run.stopped" else "stopping"
            stop = WorkEnded.by_stop(kind, data, message.ahead_seconds)
            known, since = self._known.setdefault(key, (stop, time.monotonic()))
            if isinstance(known, Attempt):
                known.end(stop)
            elif known is not None and known.is_result_wanted:
                # A stop without grace, after which nothing is reported, is the last word.
                self._known[key] = (stop, since)
        elif message.type == "workflow_run.dispatched":
            known, since = self._known.get(key, (None, time.monotonic()))
            if key not in self._known or isinstance(known, WorkEnded):
                assignment: Any = data
                attempt, task = self._begin(assignment, message.ahead_seconds)
                if isinstance(known, WorkEnded):
                    attempt.end(known)
                self._known[key] = (attempt, since)
                task.add_done_callback(lambda _: self._end(key, since))

    def _end(self, key: tuple[str, int], since: float) -> None:
        """Only that it was known is remembered for long, and nothing of its run."""
        if key in self._known:
            self._known[key] = (None, since)

    def _forget_old(self) -> None:
        oldest = time.monotonic() - _FORGET_AFTER_SECONDS
        # They are in the order in which they came.
        for key, _ in list(itertools.takewhile(lambda item: item[1][1] < oldest, self._known.items())):
            del self._known[key]
