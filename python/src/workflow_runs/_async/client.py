"""The client: one method for each thing that programs often do, and `request` for everything else."""

from __future__ import annotations

import asyncio
import math
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import datetime
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Self, Unpack

import httpx

from .._news import RunNews, StreamMessage, has_ended, is_end, news_of
from .._settings import find_settings
from .._values import given
from ..types import (
    AuditEvent,
    AuditFilter,
    BatchedRun,
    Checkpoint,
    FeedEvent,
    FeedFilter,
    NewWorkflow,
    Run,
    RunBatch,
    RunBatchResult,
    RunDetails,
    RunEvent,
    RunExplanation,
    RunFile,
    RunFilter,
    RunLog,
    RunResult,
    TriggeredBatch,
    UpdateWorkflowDefinitionPolicyRequest,
    User,
    Wait,
    Workflow,
)
from .base import Item, to_path
from .connection import AsyncConnection
from .streams import follow
from .triggers import AsyncTriggerMethods

#: The service waits for at most 60 s. Half of that is used, since some proxies close connections that are silent for a
#: minute.
_WAIT_SECONDS = 30.0
#: The pause between two reads when the service answers at once, because it has no hubs.
_POLL_SECONDS = 2.0


class AsyncClient(AsyncTriggerMethods):
    """A client of the service.

    Its methods raise `ApiProblem` for an answer with an error status. Requests are retried after 429, 503 and lost connections,
    when that is safe. Use it as a context manager, or call `aclose` at the end.

    Args:
        url: The URL of the service; by default WORKFLOW_RUNS_URL, or what `workflow-runs login` has written.
        api_key: An API key, or a function that returns a session token; by default WORKFLOW_RUNS_API_KEY, or that of the login.
        cells: URLs of other cells of the service, to which the key may be sent when it belongs to one of them. Those below the
            same domain as `url` need not be named.
        on_cell: Called with the URL of another cell when the key belongs to that. All later requests go there.
        tries: How often a request is sent at most. With 1 it is never retried.
        longest_pause_seconds: When the service asks for a longer pause than this, the request is not retried.
        transport: Replaces the network, for a proxy or a test.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | Callable[[], str] | None = None,
        *,
        cells: Sequence[str] = (),
        on_cell: Callable[[str], object] | None = None,
        tries: int = 4,
        longest_pause_seconds: float = 60,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        url, found_key = find_settings(url, api_key if isinstance(api_key, str) else None)
        self._connection = AsyncConnection(
            url,
            api_key or found_key,
            cells=cells,
            on_cell=on_cell,
            tries=tries,
            longest_pause_seconds=longest_pause_seconds,
            transport=transport,
        )

    @property
    def url(self) -> str:
        """The URL of the service. After it has said that the key belongs to another cell, the URL of that cell."""
        return self._connection.url

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._connection.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Sends an authenticated request to any path of the service, for what has no method here.

        It is retried if the method is idempotent, or if it has the header `Idempotency-Key`.
        """
        return await self._connection.request(method, path, json=json, params=params, headers=headers)

    async def me(self) -> User:
        """The user of the API key."""
        return await self._call(User, "GET", "/v1/users/me")

    # Triggering runs

    async def invoke(
        self,
        workflow_id: str,
        input: Mapping[str, Any] | None = None,
        *,
        labels: Mapping[str, str] | None = None,
        concurrency_key: str | None = None,
        priority: int | None = None,
        start_after: str | datetime | None = None,
        must_start_by: str | datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Run:
        """Triggers a run, and returns it as triggered: `wait` waits for its end.

        Args:
            workflow_id: The id of the workflow.
            input: What the runner gets.
            labels: Texts by key, to find the run by: `runs(label="customer:4711")`.
            concurrency_key: At most `max_running_per_key` runs with the same key are RUNNING at the same time, if the workflow's
                policy sets that limit.
            priority: From 0 to 9, by default 0: of the runs that wait, the highest starts first.
            start_after: The run joins the queue at this instant, at most 90 days from now.
            must_start_by: If the run has not started by this instant, it is FAILED with the code EXPIRED.
            idempotency_key: Repeated calls with the same key trigger one run. By default a new one is made for each call, so
                that its request can be retried.
        """
        body = {
            "input": input,
            "labels": labels,
            "concurrency_key": concurrency_key,
            "priority": priority,
            "start_after": start_after,
            "must_start_by": must_start_by,
        }
        path = f"/v1/workflow-definitions/{to_path(workflow_id)}/invoke"
        return await self._call(Run, "POST", path, json=given(body), headers=_repeatable(idempotency_key))

    async def invoke_batch(
        self,
        workflow_id: str,
        runs: Sequence[BatchedRun],
        *,
        priority: int | None = None,
        idempotency_key: str | None = None,
    ) -> TriggeredBatch:
        """Triggers up to 500 runs of a workflow together, all or none.

        The priority is that of each run that has none of its own. The key is for repeating the call, as that of `invoke`.
        """
        path = f"/v1/workflow-definitions/{to_path(workflow_id)}/invoke-batch"
        body = given({"runs": list(runs), "priority": priority})
        return await self._call(TriggeredBatch, "POST", path, json=body, headers=_repeatable(idempotency_key))

    async def batch(self, batch_id: str) -> RunBatch:
        """How many runs of a batch wait, run and have ended. Its runs: `runs(batch=batch_id)`."""
        return await self._call(RunBatch, "GET", f"/v1/run-batches/{to_path(batch_id)}")

    def batch_results(self, batch_id: str) -> AsyncGenerator[RunBatchResult, None]:
        """How each run of a batch has ended or stands, in the order in which they were given."""
        return self._by_cursor(RunBatchResult, f"/v1/run-batches/{to_path(batch_id)}/results", {})

    async def wait_for_batch(self, batch_id: str, *, timeout: float | None = None) -> RunBatch:
        """Waits until no run of a batch waits or runs any more.

        Raises:
            TimeoutError: `timeout` seconds have passed. The runs go on.
        """
        path = f"/v1/run-batches/{to_path(batch_id)}"
        return await self._until(RunBatch, path, lambda batch: batch["ended_at"] is not None, timeout)

    # One run

    async def run(self, run_id: str) -> Run:
        """The current state of a run."""
        return await self._call(Run, "GET", _path(run_id))

    async def wait(self, run_id: str, *, timeout: float | None = None) -> Run:
        """Waits until a run has ended, COMPLETED or FAILED, and returns the run.

        Raises:
            TimeoutError: `timeout` seconds have passed. The run goes on.
        """
        return await self._until(Run, _path(run_id), lambda run: has_ended(run["status"]), timeout)

    async def result(self, run_id: str, *, timeout: float | None = None) -> RunResult:
        """Waits until a run has ended, and returns its result: `output`, `summary` and `artifacts`, or the `failure_code`.

        Raises:
            TimeoutError: `timeout` seconds have passed. The run goes on.
        """
        path = _path(run_id, "result")
        return await self._until(RunResult, path, lambda result: has_ended(result["status"]), timeout)

    async def details(self, run_id: str) -> RunDetails:
        """The attempt, the failure code, the place in the queue, the instants, the progress and the labels of a run."""
        return await self._call(RunDetails, "GET", _path(run_id, "details"))

    async def explain(self, run_id: str) -> RunExplanation:
        """Why a run waits or has failed, as a sentence and as facts."""
        return await self._call(RunExplanation, "GET", _path(run_id, "explain"))

    async def stop(self, run_id: str, *, reason: str | None = None, grace_seconds: int | None = None) -> Run:
        """Stops a run that waits or runs, which then is FAILED.

        It is so at once, or with `grace_seconds` (up to 300) when its runner has ended its work or that time is over.
        """
        body = given({"reason": reason, "grace_seconds": grace_seconds})
        return await self._call(Run, "POST", _path(run_id, "stop"), json=body)

    async def start_now(self, run_id: str) -> Run:
        """Ends the waiting of a PENDING run for its `start_after` or for an automatic retry: it joins the queue now."""
        return await self._call(Run, "POST", _path(run_id, "start-now"))

    async def prioritize(self, run_id: str, priority: int) -> Run:
        """Gives a PENDING run another priority, from 0 to 9."""
        return await self._call(Run, "PUT", _path(run_id, "priority"), json={"priority": priority})

    async def retry(self, run_id: str) -> Run:
        """Retries a FAILED run with its next attempt."""
        return await self._call(Run, "POST", _path(run_id, "retry"))

    async def delete(self, run_id: str) -> None:
        """Deletes a run that is not RUNNING."""
        await self._connection.request("DELETE", _path(run_id))

    async def log(self, run_id: str, *, attempt: int | None = None, after: int | None = None) -> RunLog:
        """A page of the log of a run, after the entry `after`. Ask again with its `attempt`, until `is_complete`."""
        return await self._call(RunLog, "GET", _path(run_id, "log"), params={"attempt": attempt, "after": after})

    def events(self, run_id: str) -> AsyncGenerator[RunEvent, None]:
        """The events of a run, oldest first."""
        return self._by_offset(RunEvent, _path(run_id, "events"))

    async def watch(
        self,
        run_id: str,
        *,
        log: bool = False,
        after: str | None = None,
        on_retry: Callable[[str], object] | None = None,
    ) -> AsyncGenerator[RunNews, None]:
        """The events and the progress of a run, from its first event (or after the position `after`) to its end.

        Lost connections are resumed; `on_retry` is told why. With `log`, what its runner logs comes between the events.
        """
        path = _path(run_id, "stream") + ("?log=true" if log else "")
        async for message in follow(self._connection, path, after=after, is_last=is_end, on_retry=on_retry):
            yield news_of(message)

    async def artifacts(self, run_id: str, *, attempt: int | None = None) -> list[RunFile]:
        """The files of a run: those of its current attempt, or of another one."""
        page = await self._call(dict[str, Any], "GET", _path(run_id, "artifacts"), params={"attempt": attempt})
        files: list[RunFile] = page["artifacts"]
        return files

    async def download(
        self, run_id: str, name: str, to: str | PathLike[str], *, attempt: int | None = None
    ) -> None:
        """Downloads a file of a run to the path `to`, which is replaced when all of it has arrived."""
        path = _path(run_id, "artifacts", to_path(name)) + ("" if attempt is None else f"?attempt={attempt}")
        part = Path(f"{fspath(to)}.part")
        response = await self._connection.stream(path, {})
        try:
            with part.open("wb") as file:
                async for chunk in response.aiter_bytes():
                    file.write(chunk)
            part.replace(to)
        finally:
            await response.aclose()
            part.unlink(missing_ok=True)

    def checkpoints(self, run_id: str) -> AsyncGenerator[Checkpoint, None]:
        """What the steps of a run have kept, oldest first."""
        return self._by_offset(Checkpoint, _path(run_id, "checkpoints"))

    async def answer(self, run_id: str, key: str, value: str, *, comment: str | None = None) -> Wait:
        """Answers a question of a suspended run: with one of its choices, or with a text. The first answer counts."""
        body = given({"value": value, "comment": comment})
        return await self._call(Wait, "POST", _path(run_id, "waits", to_path(key), "answer"), json=body)

    # Lists and streams

    def waits(self) -> AsyncGenerator[Wait, None]:
        """The open questions that you may answer, newest first."""
        return self._by_cursor(Wait, "/v1/waits", {})

    def runs(self, **filters: Unpack[RunFilter]) -> AsyncGenerator[Run, None]:
        """All runs that you may see, newest first."""
        return self._by_cursor(Run, "/v1/workflow-runs", filters)

    def feed(self, **filters: Unpack[FeedFilter]) -> AsyncGenerator[FeedEvent, None]:
        """All events of the tenant until now, oldest first, each exactly once."""
        return self._by_cursor(FeedEvent, "/v1/events", filters, cursor="after")

    def audit_events(self, **filters: Unpack[AuditFilter]) -> AsyncGenerator[AuditEvent, None]:
        """Who changed what in the tenant, newest first, for an OWNER or ADMIN."""
        return self._by_cursor(AuditEvent, "/v1/audit-events", filters)

    def workflows(self) -> AsyncGenerator[Workflow, None]:
        """All workflows that you may see, newest first."""
        return self._by_offset(Workflow, "/v1/workflow-definitions")

    async def workflow(self, workflow_id: str) -> Workflow:
        """A workflow."""
        return await self._call(Workflow, "GET", f"/v1/workflow-definitions/{to_path(workflow_id)}")

    async def create_workflow(
        self, workflow: NewWorkflow, policy: UpdateWorkflowDefinitionPolicyRequest | None = None
    ) -> Workflow:
        """Creates a workflow, and sets its policy: with `{"handover": "lease"}`, its runners need no URL."""
        created = await self._call(Workflow, "POST", "/v1/workflow-definitions", json=workflow)
        if policy is not None:
            path = f"/v1/workflow-definitions/{to_path(created['id'])}/policy"
            await self._connection.request("PUT", path, json=policy)
        return created

    def stream(
        self,
        path: str,
        *,
        after: str | None = None,
        on_begin: Callable[[str], object] | None = None,
        on_retry: Callable[[str], object] | None = None,
    ) -> AsyncGenerator[StreamMessage, None]:
        """The messages of any other stream of the service, such as `/v1/workflow-runs/stream`.

        Lost connections are resumed.
        """
        return follow(self._connection, path, after=after, on_begin=on_begin, on_retry=on_retry)

    async def _until(
        self, kind: type[Item], path: str, is_done: Callable[[Item], bool], timeout: float | None
    ) -> Item:
        """Reads with `Prefer: wait` (RFC 7240) until it is done: one request waits for up to 30 seconds, so none polls."""
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            left = _WAIT_SECONDS if end is None else min(_WAIT_SECONDS, end - time.monotonic())
            headers = {"Prefer": f"wait={math.ceil(left)}"} if left > 0 else {}
            response = await self._connection.request("GET", path, headers=headers)
            value: Item = response.json()
            if is_done(value):
                return value
            left = _POLL_SECONDS if end is None else end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"It has not ended within {timeout} seconds.")
            if "Preference-Applied" not in response.headers:
                await asyncio.sleep(min(_POLL_SECONDS, left))


def _repeatable(idempotency_key: str | None) -> dict[str, str]:
    return {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}


def _path(run_id: str, *rest: str) -> str:
    return "/".join(["/v1/workflow-runs", to_path(run_id), *rest])
