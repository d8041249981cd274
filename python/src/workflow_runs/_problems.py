"""Errors of the API as exceptions: problem details (RFC 9457), and the list of faults of a 422."""

from __future__ import annotations

from typing import Any

import httpx

from ._cells import cell_url_of
from ._retry import retry_after_seconds
from .types import Fault

_PREFIX = "urn:workflow-runs:problem:"
_CHALLENGED = "challenged"


class ApiProblem(Exception):
    """An answer with status 4xx or 5xx. Its text says what to do.

    Attributes:
        status: The status of the answer.
        code: Such as "conflict" or "queue_full"; "unknown" for an answer that is not of the service.
        title: What is wrong, in a few words.
        detail: What to do, in a sentence. It is also the text of the exception.
        request_id: Include it when you report a fault of the service.
        retry_after: How many seconds to wait before the next try, if the service has said so.
        cell_url: With the code "misdirected": the URL of the cell to which the key belongs, if the service has named it.
    """

    def __init__(
        self,
        detail: str,
        *,
        status: int,
        code: str = "unknown",
        title: str = "",
        request_id: str | None = None,
        retry_after: float | None = None,
        cell_url: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status
        self.code = code
        self.title = title
        self.request_id = request_id
        self.retry_after = retry_after
        self.cell_url = cell_url

    @property
    def is_temporary(self) -> bool:
        """True when the same request may succeed later: the service is busy or unavailable, or Cloudflare has answered."""
        return self.status >= 500 or self.status == 429 or self.code == _CHALLENGED


class InvalidRequest(ApiProblem):
    """A 422: the request has invalid values. Each of the `faults` has a location and a message."""

    def __init__(self, faults: list[Fault], request_id: str | None) -> None:
        super().__init__(
            " ".join(f"{_place_of(fault)}: {fault['msg']}" for fault in faults),
            status=422,
            code="invalid",
            title="Invalid request",
            request_id=request_id,
        )
        self.faults = faults


def problem_of(response: httpx.Response) -> ApiProblem:
    """Describes an answer with an error status, whose body was read.

    An answer that is not JSON is described by its status.
    """
    # Cloudflare's page that looks for a browser has this header:
    # https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/
    if response.headers.get("cf-mitigated") == "challenge":
        return ApiProblem(
            "Cloudflare has answered in place of the service, with a challenge for browsers. Whoever runs the service lets "
            "programs through: docs/operations.md, “Bots”.",
            status=response.status_code,
            code=_CHALLENGED,
            title="Challenged",
            request_id=response.headers.get("cf-ray"),
        )
    body = json_of(response)
    request_id = response.headers.get("x-request-id")
    retry_after = retry_after_seconds(response.headers)
    if not isinstance(body, dict):
        title = f"The answer was {response.status_code} {response.reason_phrase}".rstrip()
        return ApiProblem(
            f"{title}, without an explanation.",
            status=response.status_code,
            title=title,
            request_id=request_id,
            retry_after=retry_after,
        )
    request_id = body.get("request_id") or request_id
    detail = body.get("detail")
    if isinstance(detail, list):
        return InvalidRequest([fault for fault in detail if _is_fault(fault)], request_id)
    title = str(body.get("title") or f"HTTP {response.status_code}")
    kind = str(body.get("type"))
    return ApiProblem(
        detail if isinstance(detail, str) else title,
        status=response.status_code,
        code=kind.removeprefix(_PREFIX) if kind.startswith(_PREFIX) else "unknown",
        title=title,
        request_id=request_id,
        retry_after=retry_after,
        cell_url=cell_url_of(response),
    )


def json_of(response: httpx.Response) -> Any:
    """The parsed body of an answer; None when it is no JSON."""
    try:
        return response.json()
    except ValueError:
        return None


def _is_fault(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("loc"), list)
        and isinstance(value.get("msg"), str)
        and isinstance(value.get("type"), str)
    )


def _place_of(fault: Fault) -> str:
    parts = [str(part) for part in fault["loc"]]
    return ".".join(parts[1:]) or ".".join(parts)
