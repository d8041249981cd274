"""The runner: which function works on the runs of which workflow, and how they get here."""

from __future__ import annotations

import asyncio
import logging
import platform
import signal
import uuid
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import httpx

from .._async.client import AsyncClient
from .._async.connection import AsyncConnection
from .._problems import ApiProblem
from .._settings import find_settings
from .._version import USER_AGENT
from .._webhooks import AsgiApp, Webhook, webhook
from ._attempt import Attempt
from ._dispatches import Dispatches
from ._leases import Leases
from ._run import Handler
from ._types import Assignment, Outcome, WorkEnded

logger = logging.getLogger("workflow_runs.runner")

H = TypeVar("H", bound=Handler)


class Runner:
    """Takes runs, and calls the function of their workflow for each.

        runner = Runner()

        @runner.handle("Count words")
        def count(run):
            run.progress(50, "counting")
            return {"words": len(run.input["text"].split())}

        runner.run()

    Args:
        url: The URL of the service; by default WORKFLOW_RUNS_URL, or what `workflow-runs login` has written.
        key: A runner key, or the API key of an OWNER or ADMIN; by default WORKFLOW_RUNS_API_KEY, or that of the login.
        name: The name that people see for this runner; by default that of this machine.
        capacity: How many runs it works on at the same time, 1 to 100. A workflow has one at a time, unless its policy has a
            higher `max_running`.
        tags: What this machine has, such as `gpu`: it gets the runs of workflows whose `runner_tags` are all among these.
        grace_seconds: How long the work may take to end when the runner ends. Then its runs are given back all the same.
        transport: Replaces the network, for a proxy or a test.
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        name: str | None = None,
        capacity: int = 1,
        tags: Sequence[str] = (),
        grace_seconds: float = 5,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._url = url
        self._key = key
        self._name = (name or platform.node() or "runner")[:100]
        self._capacity = capacity
        self._tags = tags
        self._grace_seconds = grace_seconds
        self._transport = transport
        #: By the name or the id of a workflow; by None, for all others.
        self._handlers: dict[str | None, Handler] = {}
        self._working: dict[asyncio.Task[Outcome], Attempt] = {}
        self._stopping = asyncio.Event()
        self._leases: Leases | None = None
        #: Of a runner with a URL.
        self._dispatch_http: httpx.AsyncClient | None = None

    def handle(self, *workflows: str) -> Callable[[H], H]:
        """Says which function works on the runs of these workflows, named by name or id; without any, of all others.

        A function without `async` gets a `Run` in a thread of its own, and an `async` one an `AsyncRun`. What it returns is the
        output of the run: any JSON, or a `Result`. When it raises, the run is FAILED, and its log has the traceback. A runner key
        cannot look up names: with one, the runner takes all that the key may lease.
        """

        def decorate(handler: H) -> H:
            for workflow in workflows or (None,):
                self._handlers[workflow.lower() if workflow and _is_id(workflow) else workflow] = handler
            return handler

        return decorate

    def run(self, *, most: int | None = None) -> None:
        """Works until SIGTERM or Ctrl-C, or until `most` runs were taken and have ended.

        At the first signal it takes no more runs, ends all work, and gives its runs back. A second one ends the process.

        Raises:
            ApiProblem: The service refuses the runner: its key, or its workflows.
        """
        asyncio.run(self._run_until_signal(most))

    async def serve(self, *, most: int | None = None) -> None:
        """The same within a program that has an event loop, and that calls `stop` when it ends."""
        url, key = find_settings(self._url, self._key)
        connection = AsyncConnection(url, key, tries=1, transport=self._transport)
        http = self._open_http()
        try:
            self._leases = Leases(
                connection,
                name=self._name,
                capacity=self._capacity,
                workflow_ids=await self._workflow_ids(url, key),
                tags=self._tags,
                stopping=self._stopping,
            )
            logger.info("The runner %s asks %s for runs.", self._name, connection.url)
            await self._take(self._leases, http, most)
        finally:
            await self._all_ended()
            await connection.aclose()
            await http.aclose()

    async def stop(self) -> None:
        """Takes no more runs, ends all work, and gives its runs back to the service. When that is done, `serve` returns.

        A runner with a URL cannot give runs back: it reports them as FAILED.
        """
        self._stopping.set()
        # First, since a request for work may still be waiting, and would get the runs that are given back.
        if self._leases is not None:
            await self._leases.close()
        for attempt in self._working.values():
            attempt.end(_shut_down())
        abandoning = asyncio.get_running_loop().call_later(self._grace_seconds, self._abandon_all)
        await self._all_ended()
        abandoning.cancel()
        if self._dispatch_http is not None:
            await self._dispatch_http.aclose()

    def asgi(self, secret: str | Sequence[str]) -> AsgiApp:
        """An ASGI application for a runner with a URL, to which the service sends runs. The work continues after the answer.

        It remembers accepted runs in memory only. A runner that may restart should lease its runs instead. Call `stop` when the
        server ends.

        Args:
            secret: The `webhook_secret` of the workflow. Pass several while it is being replaced.
        """
        dispatches = Dispatches(self._begin_dispatched)

        @webhook(secret)
        async def obey(message: Webhook) -> int:
            if self._stopping.is_set():
                return 503
            dispatches.obey(message)
            return 202

        return obey

    async def _run_until_signal(self, most: int | None) -> None:
        loop = asyncio.get_running_loop()
        stops: list[asyncio.Task[None]] = []

        def on_signal() -> None:
            # The next one does what it does by default.
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
            logger.info("Gives its runs back, and ends.")
            stops.append(loop.create_task(self.stop()))

        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                loop.add_signal_handler(number, on_signal)
            except (NotImplementedError, RuntimeError):
                pass  # Windows has no such handlers, and neither has a thread that is not the main one.
        await self.serve(most=most)
        await asyncio.gather(*stops)

    async def _take(self, leases: Leases, http: httpx.AsyncClient, most: int | None) -> None:
        taken = 0
        while not self._stopping.is_set() and (most is None or taken < most):
            free = self._capacity - len(self._working)
            if most is not None:
                free = min(free, most - taken)
            if free <= 0:
                await asyncio.wait(self._working, return_when=asyncio.FIRST_COMPLETED)
                continue
            for lease in await leases.ask(free):
                taken += 1
                self._begin(lease, http, leases.ahead_seconds)

    def _begin(
        self, assignment: Assignment, http: httpx.AsyncClient, ahead_seconds: float
    ) -> tuple[Attempt, asyncio.Task[Outcome]]:
        attempt = Attempt(assignment, self._handler_of(assignment), http, ahead_seconds=ahead_seconds)
        if self._stopping.is_set():
            attempt.end(_shut_down())
        name = f"{assignment['run_id']}.{assignment['attempt']}"
        logger.info("%s: begins", name)
        task = asyncio.get_running_loop().create_task(attempt.execute())
        self._working[task] = attempt

        def on_done(done: asyncio.Task[Outcome]) -> None:
            del self._working[done]
            if not done.cancelled():
                logger.info("%s: %s", name, done.exception() or _words_of(done.result()))

        task.add_done_callback(on_done)
        return attempt, task

    def _begin_dispatched(self, assignment: Assignment, ahead_seconds: float) -> tuple[Attempt, asyncio.Task[Outcome]]:
        self._dispatch_http = self._dispatch_http or self._open_http()
        return self._begin(assignment, self._dispatch_http, ahead_seconds)

    def _handler_of(self, assignment: Assignment) -> Handler:
        snapshot = assignment["run_snapshot"]
        for key in (snapshot["workflow_definition_id"], snapshot["workflow_name"], None):
            if key in self._handlers:
                return self._handlers[key]

        def refuse(_: object) -> None:
            raise LookupError(f"This runner has no handler for the workflow {snapshot['workflow_name']!r}.")

        return refuse

    async def _workflow_ids(self, url: str, key: str | None) -> list[str] | None:
        """The workflows whose runs are asked for; None for all that the key may lease.

        Raises:
            LookupError: There is no workflow of that name.
        """
        if not self._handlers:
            raise LookupError("This runner has no handler: begin with @runner.handle(…).")
        if None in self._handlers:
            return None
        keys = [key for key in self._handlers if key is not None]
        names = {key for key in keys if not _is_id(key)}
        if not names:
            return keys
        found: dict[str, str] = {}
        async with AsyncClient(url, key, transport=self._transport) as client:
            try:
                async for workflow in client.workflows():
                    if workflow["name"] in names:
                        found[workflow["id"]] = workflow["name"]
            except ApiProblem as problem:
                # A runner key can only lease runs.
                if problem.status == 401:
                    return None
                raise
        missing = names - set(found.values())
        if missing:
            raise LookupError(f"There is no workflow {', '.join(map(repr, sorted(missing)))} that this key may see.")
        for workflow_id, name in found.items():
            self._handlers[workflow_id] = self._handlers[name]
        return [key for key in keys if _is_id(key)] + list(found)

    def _open_http(self) -> httpx.AsyncClient:
        # Redirects are not followed, since no other server may get the credential.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        return httpx.AsyncClient(transport=self._transport, limits=limits, headers={"User-Agent": USER_AGENT})

    def _abandon_all(self) -> None:
        for attempt in self._working.values():
            attempt.abandon()

    async def _all_ended(self) -> None:
        while self._working:
            await asyncio.wait(self._working)


def _shut_down() -> WorkEnded:
    return WorkEnded("shut_down", "The runner was shut down.")


def _is_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _words_of(outcome: Outcome) -> str:
    words = [outcome.status, outcome.report, outcome.error]
    return ", ".join(word for word in words if word)
