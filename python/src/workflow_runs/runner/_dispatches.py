"""The messages that a runner with a URL gets."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .._webhooks import Webhook
from ._attempt import Attempt
from ._types import Assignment, EndKind, WorkEnded

#: Longer than any run can last, so no message about a run can arrive so long after its dispatch.
_FORGET_AFTER_SECONDS = 25 * 3600


class Dispatches:
    """Begins each attempt once, however often its dispatch arrives, and ends those that were stopped."""

    def __init__(self, begin: Callable[[Assignment], Attempt]) -> None:
        self._begin = begin
        #: Each attempt, and when it was heard of; None for one that must not begin.
        self._known: dict[tuple[str, int], tuple[Attempt | None, float]] = {}

    def obey(self, message: Webhook) -> None:
        data = message.data
        # Messages of an unknown type, and messages that ask for no work, are accepted and ignored.
        if "run_id" not in data or "attempt" not in data:
            return
        self._forget_old()
        key = (data["run_id"], data["attempt"])
        if message.type in ("workflow_run.stopped", "workflow_run.stopping"):
            kind: EndKind = "stopped" if message.type == "workflow_run.stopped" else "stopping"
            # A stop may arrive before its dispatch. The dispatch must then not begin.
            attempt, _ = self._known.setdefault(key, (None, time.monotonic()))
            if attempt is not None:
                attempt.end(WorkEnded.by_stop(kind, data.get("reason"), data.get("ends_at")))
        elif message.type == "workflow_run.dispatched" and key not in self._known:
            assignment: Any = data
            self._known[key] = (self._begin(assignment), time.monotonic())

    def _forget_old(self) -> None:
        oldest = time.monotonic() - _FORGET_AFTER_SECONDS
        for key in [key for key, (_, since) in self._known.items() if since < oldest]:
            del self._known[key]
