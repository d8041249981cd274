"""The calls of a runner about one attempt, authenticated by its run token: docs/runner-protocol.md."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import ContextVar
from typing import Any, Literal
from urllib.parse import quote

import httpx

from .._problems import ApiProblem, problem_of
from .._retry import pause_before_retry
from .._values import to_json
from ._types import Assignment, reason_of

_ANSWER_TIMEOUT_SECONDS = 15
#: A large file may take long, but its bytes must move.
_FILE_TIMEOUT_SECONDS = 120
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 5.0
#: The code of a 503 that is not retried: the service has no bucket for files.
_FINAL_CODE = "artifacts_unavailable"

Method = Literal["POST", "PUT", "GET"]

#: True while a call is sent. What httpx logs about it is no part of the log of a run: sending such a line would log the next one.
is_calling: ContextVar[bool] = ContextVar("workflow_runs_is_calling", default=False)


class RunCalls:
    """Sends calls until there is an answer that a retry would not change. The service records each once."""

    def __init__(self, http: httpx.AsyncClient, run: Assignment, on_retry: Callable[[str], object]) -> None:
        self._http = http
        self._base = run["callback_url"].removesuffix("/callback")
        self._headers = {"Authorization": f"Bearer {run['callback_token']}"}
        self._on_retry = on_retry

    async def once(self, path: str, body: Any, method: Method = "POST") -> httpx.Response:
        """Sends a call once. With None it has no body."""
        return await self._http.request(
            method,
            f"{self._base}/{path}",
            content=None if body is None else to_json(body),
            headers=self._headers if body is None else {**self._headers, "Content-Type": "application/json"},
            timeout=_ANSWER_TIMEOUT_SECONDS,
        )

    async def call(self, path: str, body: Any, method: Method = "POST") -> httpx.Response:
        return await self._until_answered(lambda: self.once(path, body, method))

    async def put_file(self, name: str, open_: Callable[[], AsyncIterator[bytes]], headers: dict[str, str]) -> None:
        """Stores a file. `open_` begins to read it, once for each try.

        Raises:
            ApiProblem: The service refuses it.
        """
        url = f"{self._base}/artifacts/{quote(name, safe='')}"
        response = await self._until_answered(
            lambda: self._http.put(
                url, content=open_(), headers={**headers, **self._headers}, timeout=_FILE_TIMEOUT_SECONDS
            )
        )
        if not response.is_success:
            raise problem_of(response)

    async def _until_answered(self, send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        pause_seconds = _FIRST_PAUSE_SECONDS
        while True:
            least: float | None = None
            calling = is_calling.set(True)
            try:
                response = await send()
                if response.is_success:
                    return response
                problem: ApiProblem = problem_of(response)
                if not problem.is_temporary or problem.code == _FINAL_CODE:
                    return response
                least = problem.retry_after
                self._on_retry(problem.detail)
            except httpx.LocalProtocolError:
                raise  # It is no valid request, such as with a line break in the type of a file.
            except httpx.RequestError as error:
                self._on_retry(reason_of(error))
            finally:
                is_calling.reset(calling)
            await asyncio.sleep(pause_before_retry(least, pause_seconds))
            pause_seconds = min(pause_seconds * 2, _LONGEST_PAUSE_SECONDS)
