# Made of _async by `npm run client:types`. Do not edit.
"""Authenticated requests, which are retried when that is safe, and which follow a key to its cell."""

from __future__ import annotations

import time
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx

from .._cells import cell_url_of, is_same_service, origin_of
from .._problems import problem_of
from .._retry import is_repeatable, pause_before_retry, retry_after_seconds
from .._values import given, to_json
from .._version import USER_AGENT

_FIRST_PAUSE_SECONDS = 0.5
#: A request waits for up to 30 seconds for the end of a run, and a stream has a comment every 15 seconds.
_TIMEOUT = httpx.Timeout(60, connect=10)


class Connection:
    """Sends requests to a service.

    Attributes:
        origin: The URL that was given, without a slash at its end.
        url: Where requests are sent to: `origin` or, after a 421, the cell to which the key belongs.
    """

    def __init__(
        self,
        url: str,
        api_key: str | Callable[[], str] | None,
        *,
        cells: Sequence[str] = (),
        on_cell: Callable[[str], object] | None = None,
        tries: int = 4,
        longest_pause_seconds: float = 60,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.origin = origin_of(url)
        self.url = self.origin
        if isinstance(api_key, str):
            _require_sendable(api_key)
        self._api_key = api_key
        self._cells = {origin_of(cell) for cell in cells}
        self._on_cell = on_cell
        self._tries = tries
        self._longest_pause_seconds = longest_pause_seconds
        self._http = httpx.Client(transport=transport, headers={"User-Agent": USER_AGENT})

    def close(self) -> None:
        self._http.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        api_key: str | None = None,
        timeout: float | None = None,
    ) -> httpx.Response:
        """Sends a request, and returns the answer if it is successful. `api_key` replaces the one of this connection.

        Raises:
            ApiProblem: The answer has an error status.
            httpx.TransportError: There was no answer, also after the retries.
        """
        all_headers = {**self._credential(api_key), **(headers or {})}
        response = self.send(method, path, json=json, params=params, headers=all_headers, timeout=timeout)
        if not response.is_success and response.status_code != 304:
            raise problem_of(response)
        return response

    def stream(self, path: str, headers: Mapping[str, str]) -> httpx.Response:
        """The same for an answer whose body the caller reads while it arrives, and then closes."""
        response = self.send("GET", path, headers={**self._credential(None), **headers}, stream=True)
        if not response.is_success:
            try:
                response.read()
            finally:
                response.close()
            raise problem_of(response)
        return response

    def send(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str],
        timeout: float | None = None,
        stream: bool = False,
    ) -> httpx.Response:
        """Sends a request, and follows one 421. Answers with an error status are returned."""
        kind = {} if json is None else {"Content-Type": "application/json"}
        # With empty `params`, httpx would drop those of the path.
        args = {
            "content": None if json is None else to_json(json),
            "params": given(params or {}) or None,
            "headers": {**headers, **kind},
            "timeout": _TIMEOUT if timeout is None else timeout,
        }
        response = self._send_retrying(method, path, args, stream)
        # A cell that answers 421 has done nothing, so any request may be sent again. Only one 421 is followed.
        cell = cell_url_of(response)
        if cell is None or self.url != self.origin or cell == self.origin:
            return response
        if cell not in self._cells and not is_same_service(self.origin, cell):
            return response
        response.close()
        self.url = cell
        if self._on_cell is not None:
            self._on_cell(cell)
        return self._send_retrying(method, path, args, stream)

    def _send_retrying(self, method: str, path: str, args: dict[str, Any], stream: bool) -> httpx.Response:
        most = self._tries if is_repeatable(method, args["headers"]) else 1
        may_be_done = False
        for tried in range(1, most + 1):
            least: float | None = None
            try:
                request = self._http.build_request(method, self.url + path, **args)
                response = self._http.send(request, stream=stream)
                # An earlier try whose answer was lost has deleted it.
                if may_be_done and method == "DELETE" and response.status_code == 404:
                    response.close()
                    return httpx.Response(204, request=request)
                if tried == most or response.status_code not in (429, 503):
                    return response
                least = retry_after_seconds(response.headers)
                if (least or 0) > self._longest_pause_seconds:
                    return response
                # After a 503 it may have been done. After a 429 it was not.
                may_be_done = may_be_done or response.status_code == 503
                response.close()
            except httpx.TransportError:
                if tried == most:
                    raise
                may_be_done = True
            time.sleep(pause_before_retry(least, _FIRST_PAUSE_SECONDS * 2 ** (tried - 1)))
        raise AssertionError("The last try returns or raises.")

    def _credential(self, api_key: str | None) -> dict[str, str]:
        key = api_key or (self._api_key() if callable(self._api_key) else self._api_key)
        return {} if key is None else {"Authorization": f"Bearer {_require_sendable(key)}"}


def _require_sendable(key: str) -> str:
    """A key that can be sent in a header, without blanks around it. The error does not repeat the key."""
    if re.fullmatch(r"\s*[\x21-\x7e]*\s*", key):
        return key.strip()
    raise ValueError(
        "The API key contains a blank, a line break or another character that no key has. Was it copied as a whole?"
    )
