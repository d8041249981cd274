"""Streams of server-sent events that continue after a lost connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable

import httpx

from .._news import StreamMessage
from .._problems import ApiProblem
from .._retry import pause_before_retry
from .._sse import FrameParser
from .connection import AsyncConnection

_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0


def _never(_: StreamMessage) -> bool:
    return False


async def follow(
    connection: AsyncConnection,
    path: str,
    *,
    after: str | None = None,
    is_last: Callable[[StreamMessage], bool] = _never,
    on_begin: Callable[[str], object] | None = None,
    on_retry: Callable[[str], object] | None = None,
) -> AsyncGenerator[StreamMessage, None]:
    """The messages of a stream, without gaps: after a lost connection, it continues after the last message.

    It ends when the service answers that nothing more comes (204), or when the stream closes after a message for which
    `is_last` is true.

    Raises:
        ApiProblem: The answer is one that a retry would not change, such as 401 or 404.
    """
    position = after
    pause_seconds = _FIRST_PAUSE_SECONDS
    while True:
        least: float | None = None
        # After how long the service wants this client back. It names another time to each, so that not all come at
        # once.
        named_seconds: float | None = None
        try:
            headers = {"Accept": "text/event-stream", **({"Last-Event-ID": position} if position is not None else {})}
            response = await connection.stream(path, headers)
            try:
                if response.status_code == 204:
                    return
                parser = FrameParser()
                is_over = has_begun = False
                async for text in response.aiter_text():
                    for frame in parser.feed(text):
                        position = frame.id or position
                        if frame.retry_seconds is not None:
                            named_seconds = min(frame.retry_seconds, _LONGEST_PAUSE_SECONDS)
                        if frame.data is not None:
                            message = StreamMessage(frame.id, frame.event, json.loads(frame.data))
                            is_over = is_last(message)
                            pause_seconds = _FIRST_PAUSE_SECONDS
                            yield message
                        elif frame.id is not None and on_begin is not None and not has_begun:
                            on_begin(frame.id)
                        # A later id without a message only tells how far the stream has read.
                        has_begun = has_begun or frame.id is not None
                if is_over:
                    return
            finally:
                # Also when the caller leaves the loop early.
                await response.aclose()
        except ApiProblem as problem:
            if not problem.is_temporary:
                raise
            least = problem.retry_after
            if on_retry is not None:
                on_retry(problem.detail)
        except httpx.TransportError as error:
            if on_retry is not None:
                on_retry(str(error) or type(error).__name__)
        if named_seconds is not None:
            await asyncio.sleep(named_seconds)
        else:
            await asyncio.sleep(pause_before_retry(least, pause_seconds))
            pause_seconds = min(pause_seconds * 2, _LONGEST_PAUSE_SECONDS)
