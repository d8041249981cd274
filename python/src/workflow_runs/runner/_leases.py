"""How a runner without a URL asks for runs."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from .._async.connection import AsyncConnection
from .._clock import ahead_seconds_at
from .._problems import ApiProblem, json_of
from .._retry import pause_before_retry
from ._types import Assignment, reason_of

logger = logging.getLogger("workflow_runs.runner")

#: How long a request for work may wait. One that waits is not cancelled when the runner stops: not every proxy passes
#: that on, and then the service would lease a run that nobody works on. So a stop may take this long as well.
_WAIT_SECONDS = 6
#: How many runs one request may ask for.
MOST_LEASES = 10
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 10.0
#: How long the answer that the session is closed is waited for.
_CLOSING_SECONDS = 1
#: The pause between two requests when the service cannot hold a request open until there is work.
_POLL_SECONDS = 5.0


#: What a lease has besides its input.
_LEASE_FIELDS: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("run_id", "deadline_at", "callback_url", "callback_token"), str),
    **dict.fromkeys(("run_snapshot", "labels"), dict),
    **dict.fromkeys(("attempt", "heartbeat_interval_seconds"), (int, float)),
}


class UnknownAnswer(Exception):
    """An answer that is successful, and not one of the service."""


class Leases:
    """Opens sessions, and asks for runs until there is an answer.

    `stopping` is set when this runner takes no more runs.

    Attributes:
        ahead_seconds: How far the service's clock is ahead of the one of this machine, by the last answer.
    """

    def __init__(
        self,
        connection: AsyncConnection,
        *,
        name: str,
        capacity: int,
        workflow_ids: Sequence[str] | None,
        tags: Sequence[str],
        stopping: asyncio.Event,
    ) -> None:
        self._connection = connection
        self._session: dict[str, Any] = {"name": name, "capacity": capacity}
        if workflow_ids is not None:
            self._session["workflow_definition_ids"] = list(workflow_ids)
        if tags:
            self._session["tags"] = list(tags)
        self._stopping = stopping
        self._token: str | None = None
        self._after: Any = None
        self.ahead_seconds = 0.0
        #: How often a session was refused since the last answer with leases.
        self._refused_sessions = 0

    async def ask(self, most: int) -> list[Assignment]:
        """Waits some seconds for runs. A retry has the same `request_id`, so it gets the same leases.

        Raises:
            ApiProblem: The service refuses the runner: its key, or its workflows.
        """
        ask = {"request_id": str(uuid.uuid4()), "wait_seconds": _WAIT_SECONDS, "max": min(most, MOST_LEASES)}
        pause_seconds = _FIRST_PAUSE_SECONDS
        while True:
            try:
                leases = await self._ask_once(ask)
                self._refused_sessions = 0
                if not leases and ask["wait_seconds"] == 0:
                    await self._pause(_POLL_SECONDS)
                return leases
            except (ApiProblem, httpx.RequestError, UnknownAnswer) as error:
                if self._stopping.is_set():
                    return await self._ask_for_lost(ask)
                problem = error if isinstance(error, ApiProblem) else None
                if problem is not None and problem.status == 401:
                    # The session has ended, so a new one is opened. If there was none, the key itself was refused.
                    if self._token is None:
                        raise
                    self._token = None
                    self._refused_sessions += 1
                    # When the new session is refused, too, something else is wrong. Then the next ones are opened after
                    # pauses.
                    if self._refused_sessions == 1:
                        continue
                elif problem is not None and problem.code == "streams_unavailable":
                    ask["wait_seconds"] = 0
                    continue
                elif problem is not None and not problem.is_temporary:
                    raise
                logger.warning("Asks for work again: %s", reason_of(error))
                await self._pause(pause_before_retry(problem.retry_after if problem else None, pause_seconds))
                pause_seconds = min(pause_seconds * 2, _LONGEST_PAUSE_SECONDS)

    async def close(self) -> None:
        """Closes the session. When that is not possible, a request that waits may still get runs."""
        if self._token is None:
            return
        closing = self._connection.request("POST", "/v1/runner-sessions/close", api_key=self._token)
        try:
            await asyncio.wait_for(closing, _CLOSING_SECONDS)
        except (TimeoutError, ApiProblem, httpx.RequestError):
            pass

    async def _ask_for_lost(self, ask: dict[str, Any]) -> list[Assignment]:
        """When the runner stops and an answer was lost, that may have had leases.

        They are asked for again, and given back.
        """
        if self._token is None:
            return []
        try:
            return await self._ask_once({**ask, "wait_seconds": 0})
        except (ApiProblem, httpx.RequestError, UnknownAnswer):
            return []

    async def _ask_once(self, ask: dict[str, Any]) -> list[Assignment]:
        if self._token is None:
            session = await self._post("/v1/runner-sessions", self._session, None)
            if not isinstance(session.get("token"), str):
                raise UnknownAnswer("The service did not open a session for the runner.")
            self._token = session["token"]
        after = {} if self._after is None else {"after": self._after}
        answer = await self._post("/v1/leases", {**ask, **after}, self._token)
        leases: Any = answer.get("leases")
        if not isinstance(leases, list) or not all(_is_lease(lease) for lease in leases):
            raise UnknownAnswer("The service has answered something that is no lease of a run.")
        self._after = answer.get("after")
        return leases

    async def _post(self, path: str, body: dict[str, Any], token: str | None) -> dict[str, Any]:
        response = await self._connection.request("POST", path, json=body, api_key=token, timeout=_WAIT_SECONDS + 10)
        answer = json_of(response)
        try:
            self.ahead_seconds = ahead_seconds_at(parsedate_to_datetime(response.headers.get("Date", "")).timestamp())
        except ValueError:
            pass  # The answer does not say it.
        return answer if isinstance(answer, dict) else {}

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            pass


def _is_lease(value: Any) -> bool:
    if not isinstance(value, dict) or "input" not in value:
        return False
    return all(isinstance(value.get(name), kind) for name, kind in _LEASE_FIELDS.items())
