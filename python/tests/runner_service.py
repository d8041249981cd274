"""A fake service for runners, and runners that work for it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from fake_service import answer
from signing import SECRET, signed

from workflow_runs.runner import Runner

SERVICE = "https://runs.example.com"
#: How long a busy machine may take for a test. One that takes longer hangs.
PATIENCE_SECONDS = 60
RUN_ID = "01920000-0000-7000-8000-000000000405"

Reply = httpx.Response | Exception | Callable[[], Awaitable[httpx.Response]]


def in_seconds(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def assignment(run_id: str = RUN_ID, *, seconds: float = 600, **fields: Any) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "attempt": 1,
        "deadline_at": in_seconds(seconds),
        "run_snapshot": {"workflow_name": "Quarterly report", "workflow_definition_id": "w"},
        "input": {"quarter": "Q1"},
        "labels": {},
        "callback_url": f"{SERVICE}/v1/workflow-runs/{run_id}/callback",
        "callback_token": "token",
        **fields,
    }


def lease(run_id: str = RUN_ID, **fields: Any) -> dict[str, Any]:
    return assignment(run_id, **{"heartbeat_interval_seconds": 20, **fields})


class FakeService:
    """Accepts every call of a runner, unless `replies` has something else for the last part of its path.

    It leases the given runs, and then waits as long as a real one would: until the session is closed.
    """

    def __init__(self, *assignments: dict[str, Any], **replies: Any) -> None:
        self._leases = list(assignments)
        self._replies: dict[str, Iterator[Reply]] = {name.replace("__", "."): iter(given) for name, given in replies.items()}
        self._is_closed = asyncio.Event()
        self.calls: list[tuple[str, Any]] = []
        #: What waits for the next call, by the last part of its path.
        self._waiting: list[tuple[str, concurrent.futures.Future[None]]] = []
        #: The last parts of the paths of calls that are not answered at once.
        self._unanswered: set[str] = set()
        self._lock = threading.Lock()
        self.heard = asyncio.Condition()
        self.transport = httpx.MockTransport(self._answer)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        verb = request.url.path.rpartition("/")[2]
        content = await request.aread()
        is_file = "/artifacts/" in request.url.path
        is_json = request.headers.get("Content-Type") == "application/json" and not is_file
        async with self.heard:
            self.calls.append((verb, json.loads(content) if is_json else content))
            self.heard.notify_all()
        reply = next(self._replies.get(verb, iter(())), None)
        with self._lock:
            if callable(reply):
                self._unanswered.add(verb)
            for _, future in [one for one in self._waiting if one[0] == verb and not one[1].done()]:
                future.set_result(None)
        if isinstance(reply, Exception):
            raise reply
        if reply is not None:
            return await reply() if callable(reply) else httpx.Response(reply.status_code, headers=reply.headers, content=reply.content)
        if verb == "runner-sessions":
            return answer({"token": "session"}, 201)
        if verb == "close":
            self._is_closed.set()
        if verb == "leases":
            most = json.loads(content)["max"]
            leases, self._leases = self._leases[:most], self._leases[most:]
            if not leases:
                await self._is_closed.wait()
            return answer({"leases": leases, "after": None})
        return answer({})

    def next_call(self, verb: str) -> concurrent.futures.Future[None]:
        """Done at the next call, or at once when one was not answered at once, in any thread."""
        future: concurrent.futures.Future[None] = concurrent.futures.Future()
        with self._lock:
            self._waiting.append((verb, future))
            if verb in self._unanswered:
                future.set_result(None)
        return future

    def of(self, verb: str) -> list[Any]:
        return [body for name, body in self.calls if name == verb]

    def log(self) -> str:
        """What has arrived of the log, alone or with heartbeats."""
        entries = [entry for beat in self.of("heartbeat") for entry in beat.get("log", [])] + self.of("log")
        texts = {entry["sequence"]: entry["text"] for entry in entries}
        assert sorted(texts) == list(range(len(texts)))
        return "".join(texts[number] for number in range(len(texts)))

    async def until(self, verb: str, count: int = 1) -> list[Any]:
        async with self.heard:
            await self.heard.wait_for(lambda: len(self.of(verb)) >= count)
        return self.of(verb)


def dispatcher(service: FakeService, handler: Any) -> tuple[Runner, Callable[..., Awaitable[int]]]:
    """A runner with a URL, and a function that sends it a message."""
    runner = Runner(transport=service.transport)
    runner.handle()(handler)
    app: Any = runner.asgi(SECRET)

    async def send(kind: str, data: dict[str, Any] | None = None, secret: str = SECRET, ahead: float = 0) -> int:
        headers, body = signed(kind, data or assignment(), secret, ahead=ahead)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://runner") as http:
            return (await http.post("/", headers=headers, content=body)).status_code

    return runner, send


async def work_of(service: FakeService, handler: Any, *, most: int = 1, **options: Any) -> Runner:
    """Works on leased runs until `most` have ended."""
    runner = Runner(SERVICE, "wr_key", transport=service.transport, **options)
    runner.handle()(handler)
    await asyncio.wait_for(runner.serve(most=most), PATIENCE_SECONDS)
    return runner
