"""What an attempt keeps for the next ones, and what it waits for: docs/suspend.md. It runs in the event loop of the runner."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx

from .._problems import problem_of
from .._values import instant, to_json
from ..types import (
    ChildSpec,
    TriggeredChildRun,
    TriggeredChildRuns,
    WaitOutcome,
    WholeWorkflowRunResume,
    WorkflowRunSuspension,
)
from ._calls import Method, RunCalls
from ._reporter import Reporter
from ._types import Assignment, Child, ChildrenOptions, Limits, Question, RunSuspended, SignalWait


#: How many children one request triggers.
_MOST_CHILDREN = 500


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
        #: Whether all outcomes are in it, also those that came at once.
        self._has_all = False
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
        return await self._wait_for(key, "question", {"prompt": prompt, **question})

    async def sleep(self, key: str, until: datetime | timedelta | int) -> WaitOutcome:
        if isinstance(until, datetime):
            return await self._wait_for(key, "timer", {"at": instant(until)})
        seconds = math.ceil(until.total_seconds()) if isinstance(until, timedelta) else until
        return await self._wait_for(key, "timer", {"seconds": seconds})

    async def signal(self, key: str, signal: SignalWait) -> WaitOutcome:
        return await self._wait_for(key, "signal", {"name": key, **signal})

    async def children(self, key: str, specs: Sequence[ChildSpec], options: ChildrenOptions) -> list[Child]:
        outcomes = (await self._find_kept())["outcomes"]
        # What has ended is not triggered again, also when it was deleted since.
        if key not in outcomes:
            await self._read_all()
        if key not in outcomes or outcomes[key]["kind"] != "children":
            run_ids = [child["run_id"] for child in await self._trigger_children(key, specs)]
            await self._wait_for(key, "children", {"run_ids": run_ids, **options})
        found = {_place_of(child): child async for child in self._read_children()}
        return [found.get(_place_of(spec), _deleted(spec)) for spec in specs]

    async def _trigger_children(self, key: str, specs: Sequence[ChildSpec]) -> list[TriggeredChildRun]:
        triggered: list[TriggeredChildRun] = []
        for first in range(0, len(specs), _MOST_CHILDREN):
            body = {"children": list(specs[first : first + _MOST_CHILDREN])}
            answer: TriggeredChildRuns = await self._call("children", body, "POST", f"The runs of {key} were not triggered.")
            triggered += answer["runs"]
        return triggered

    async def _read_children(self) -> AsyncIterator[Child]:
        query = ""
        while True:
            page = await self._call(f"children{query}", None, "GET", "The children cannot be read.")
            for child in page["items"]:
                yield child
            if page["next_cursor"] is None:
                return
            query = f"?cursor={quote(page['next_cursor'], safe='')}"

    async def _wait_for(self, key: str, kind: str, given: dict[str, Any]) -> WaitOutcome:
        """What has come of a wait, which is given with the limits of its suspension.

        Raises:
            RunSuspended: It has not come yet.
        """
        async with self._suspending:
            outcomes = (await self._find_kept())["outcomes"]
            known = outcomes.get(key)
            # The service refuses a key of the other kind.
            if known is None or known["kind"] != kind:
                limits = {name: value for name, value in given.items() if name in Limits.__optional_keys__}
                wait = {name: value for name, value in given.items() if name not in limits}
                outcomes |= await self._suspend({"waits": [{"key": key, "kind": kind, **wait}], **limits})
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
        """All checkpoints, and most outcomes.

        One that is missing came at once or has not come. In both cases the program asks again, and gets it.
        """
        async with self._reading:
            if self._kept is None:
                self._kept = self._kept_with_run()
            if self._kept is None:
                self._kept = await self._read_kept()
                self._has_all = True
            return self._kept

    async def _read_all(self) -> None:
        """Adds the outcomes that came at once."""
        kept = await self._find_kept()
        async with self._reading:
            if not self._has_all:
                kept["outcomes"] |= (await self._read_kept())["outcomes"]
                self._has_all = True

    def _kept_with_run(self) -> WholeWorkflowRunResume | None:
        """What the dispatch or lease says of earlier attempts: the outcomes of the last suspension.

        None when more may be kept than these and what came at once: values of checkpoints, or the outcomes of an earlier suspension.
        None also for an older service, which says nothing of it.
        """
        resume = self._run.get("resume")
        if self._run["attempt"] == 2 and resume is not None and resume["checkpoints"] == 0:
            return {"outcomes": {**resume["outcomes"]}, "checkpoints": {}}
        return None

    async def _read_kept(self) -> WholeWorkflowRunResume:
        if self._run["attempt"] == 1:
            return {"outcomes": {}, "checkpoints": {}}
        kept: WholeWorkflowRunResume = await self._call("resume", None, "GET", "What earlier attempts have kept cannot be read.")
        return kept

    async def _call(self, path: str, body: Any, method: Method, fault: str) -> Any:
        response = await self._unless_over(self._calls.call(path, body, method))
        if not response.is_success:
            problem = problem_of(response)
            problem.add_note(fault)
            raise problem
        return response.json()


def _place_of(child: ChildSpec | Child) -> tuple[str, str]:
    """The workflow and the key identify a child."""
    return child["workflow_definition_id"].lower(), child["key"]


def _deleted(spec: ChildSpec) -> Child:
    return {
        "run_id": None,
        "workflow_definition_id": spec["workflow_definition_id"],
        "key": spec["key"],
        "status": "DELETED",
        "output": None,
        "summary": None,
        "error": None,
        "failure_code": None,
    }
