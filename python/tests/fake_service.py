"""A fake service, which gives configured answers and records its requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx

RUN_ID = "01920000-0000-7000-8000-000000000403"

Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class FakeService:
    """Gives these answers one after another. The last one is repeated."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = answers
        self.asked: list[httpx.Request] = []
        self.transport = httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self._answers[min(len(self.asked), len(self._answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else copy_of(answer)

    @property
    def paths(self) -> list[str]:
        return [request.url.raw_path.decode() for request in self.asked]

    def headers(self, name: str) -> list[str | None]:
        return [request.headers.get(name) for request in self.asked]


def copy_of(answer: httpx.Response) -> httpx.Response:
    """A response can be read once."""
    stream = answer.stream if isinstance(answer.stream, Cut) else None
    return httpx.Response(answer.status_code, headers=answer.headers, stream=stream, content=None if stream else answer.content)


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.Response(status, json=body, headers=headers)


def problem(status: int, code: str, headers: dict[str, str] | None = None) -> httpx.Response:
    body = {"type": f"urn:workflow-runs:problem:{code}", "title": "T", "status": status, "detail": "Do this.", "request_id": "r-1"}
    return answer(body, status, headers)


def challenge() -> httpx.Response:
    """Cloudflare's page that looks for a browser, which a program gets in place of the service's answer."""
    return httpx.Response(403, html="<title>Just a moment...</title>", headers={"cf-mitigated": "challenge", "cf-ray": "r-2"})


def busy(status: int = 503) -> httpx.Response:
    return problem(status, "database_unavailable", {"Retry-After": "0"})


def a_run(status: str) -> dict[str, Any]:
    """The fields of a run that the client reads."""
    return {"id": RUN_ID, "status": status}


def news(number: int, status: str) -> str:
    """A message of the stream of a run."""
    return frame(number, "E", {"run": a_run(status), "event": {"id": number, "type": "E"}})


def frame(number: int | None, event: str, data: Any) -> str:
    first = "" if number is None else f"id: {number}\n"
    return f"{first}event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def stream(*frames: str) -> httpx.Response:
    return httpx.Response(200, content="".join(["retry: 3000\n\n", *frames]).encode())


class Cut(httpx.SyncByteStream):
    """A body whose connection breaks after these frames."""

    def __init__(self, *frames: str) -> None:
        self._frames = frames

    def __iter__(self) -> Iterator[bytes]:
        yield "".join(["retry: 3000\n\n", *self._frames]).encode()
        raise httpx.ReadError("cut")


def cut_stream(*frames: str) -> httpx.Response:
    return httpx.Response(200, stream=Cut(*frames))
