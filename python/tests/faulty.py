"""A network that fails at one request, between a program and a real service."""

from __future__ import annotations

import os
from typing import Literal

import httpx

Fault = Literal["request lost", "answer lost", "killed"]


class FaultyTransport(httpx.AsyncHTTPTransport):
    """Its `at`-th request fails: it never arrives, or its answer does not, or the process dies when it has arrived."""

    def __init__(self, at: int, fault: Fault) -> None:
        super().__init__()
        self._at = at
        self._fault = fault
        self._count = 0

    @property
    def has_failed(self) -> bool:
        return self._count >= self._at

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._count += 1
        if self._count != self._at:
            return await super().handle_async_request(request)
        if self._fault != "request lost":
            response = await super().handle_async_request(request)
            await response.aread()
            await response.aclose()
            if self._fault == "killed":
                os._exit(9)
        raise httpx.ReadError(self._fault, request=request)
