"""A network that fails at one request, between a program and a real service."""

from __future__ import annotations

import signal
from concurrent.futures import Future
from typing import Literal

import httpx

Fault = Literal["request lost", "answer lost", "killed"]


class FaultyTransport(httpx.AsyncHTTPTransport):
    """Its `at`-th request fails: it never arrives, or its answer does not, or the process is killed when it has arrived."""

    def __init__(self, at: int, fault: Fault | None) -> None:
        super().__init__()
        self._at = at
        self._fault = fault
        self._count = 0
        #: What waits for the next request, by the last part of its path.
        self._waiting: list[tuple[str, Future[None]]] = []

    @property
    def has_failed(self) -> bool:
        return self._count >= self._at

    def next_call(self, name: str) -> Future[None]:
        """Done at the next request, in any thread."""
        future: Future[None] = Future()
        self._waiting.append((name, future))
        return future

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._count += 1
        is_failing = self._count == self._at
        name = request.url.path.rpartition("/")[2]
        for _, future in [one for one in self._waiting if one[0] == name and not one[1].done()]:
            future.set_result(None)
        if is_failing and self._fault == "request lost":
            raise httpx.ReadError("request lost", request=request)
        response = await super().handle_async_request(request)
        if not is_failing:
            return response
        await response.aread()
        await response.aclose()
        if self._fault == "killed":
            signal.raise_signal(signal.SIGKILL)
        raise httpx.ReadError("answer lost", request=request)
