"""What an attempt keeps for the next ones, and what it waits for: docs/suspend.md. It runs in the event loop of the runner."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx

from .._problems import problem_of
from .._values import given, instant, to_json
from ..types import WaitOutcome, WholeWorkflowRunResume, WorkflowRunSuspension
from ._calls import Method, RunCalls
from ._reporter import Reporter
from ._types import Assignment, Question, RunSuspended


class Steps:
    def __init__(
        self,
        run: Assignment,
        calls: RunCalls,
        reporter: Reporter,
        *,
        flush_log: Callable[[], Awaitable[None]],
        unless_over: Callable[[Coroutine[Any, Any, httpx.Response]], Awaitable[httpx.Response]],
        end: Callable[[RunSuspended], None],
    ) -> None:
        self._run = run
        self._calls = calls
        self._reporter = reporter
        self._flush_log = flush_log
        self._unless_over = unless_over
        self._end = end
        self._kept: WholeWorkflowRunResume | None = None
        self._reading = asyncio.Lock()
        #: Only one request can suspend the run.
        self._suspending = asyncio.Lock()

    async def checkpoints(self) -> dict[str, Any]:
        """What was kept, by its keys."""
        return (await self._find_kept())["checkpoints"]

    async def keep(self, key: str, value: Any) -> None:
        """Keeps a value as the next attempt will get it, so that one that is no JSON is noticed in the first one."""
        kept = json.loads(to_json(value))
        await self._call(f"checkpoints/{quote(key, safe='')}", {"value": kept}, "PUT", f"The step {key} was not kept.")
        (await self.checkpoints())[key] = kept

    async def ask(self, key: str, prompt: str, question: Question) -> WaitOutcome:
        limits = {name: question.get(name) for name in ("timeout_seconds", "on_timeout", "note")}
        rest = {name: value for name, value in question.items() if name not in limits}
        return await self._wait_for(key, "question", {"prompt": prompt, **rest}, **limits)

    async def sleep(self, key: str, until: datetime | timedelta | int) -> WaitOutcome:
        if isinstance(until, datetime):
            return await self._wait_for(key, "timer", {"at": instant(until)})
        seconds = math.ceil(until.total_seconds()) if isinstance(until, timedelta) else until
        return await self._wait_for(key, "timer", {"seconds": seconds})

    async def _wait_for(self, key: str, kind: str, wait: dict[str, Any], **limits: Any) -> WaitOutcome:
        """What has come.

        Raises:
            RunSuspended: It has not come yet.
        """
        async with self._suspending:
            outcomes = (await self._find_kept())["outcomes"]
            known = outcomes.get(key)
            # The service refuses a key of the other kind.
            if known is None or known["kind"] != kind:
                suspension = {"waits": [{"key": key, "kind": kind, **wait}], **given(limits)}
                outcomes |= await self._suspend(suspension)
            return outcomes[key]

    async def _suspend(self, suspension: dict[str, Any]) -> dict[str, WaitOutcome]:
        await self._flush_log()
        async with self._reporter.silent():
            answer: WorkflowRunSuspension = await self._call("suspend", suspension, "POST", "The run was not suspended.")
            if answer["suspended"]:
                reason = RunSuspended()
                self._end(reason)
                raise reason
            return answer["outcomes"] or {}

    async def _find_kept(self) -> WholeWorkflowRunResume:
        async with self._reading:
            if self._kept is None:
                self._kept = await self._read_kept()
            return self._kept

    async def _read_kept(self) -> WholeWorkflowRunResume:
        """The dispatch or lease has no values of checkpoints, and that of an older service has nothing of it."""
        resume = self._run.get("resume")
        if self._run["attempt"] == 1:
            return {"outcomes": {}, "checkpoints": {}}
        if resume is not None and resume["checkpoints"] == 0:
            return {"outcomes": {**resume["outcomes"]}, "checkpoints": {}}
        kept: WholeWorkflowRunResume = await self._call("resume", None, "GET", "What earlier attempts have kept cannot be read.")
        return kept

    async def _call(self, path: str, body: Any, method: Method, fault: str) -> Any:
        response = await self._unless_over(self._calls.call(path, body, method))
        if not response.is_success:
            problem = problem_of(response)
            problem.add_note(fault)
            raise problem
        return response.json()
