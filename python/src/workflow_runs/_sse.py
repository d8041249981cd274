"""Parses server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass
class Frame:
    """What stands between two blank lines. Without `data` it is no message, and only says a position or a pause."""

    id: str | None = None
    event: str = "message"
    data: str | None = None
    retry_seconds: float | None = None


class FrameParser:
    """Makes frames of a text that arrives in pieces.

    Only CR and LF end a line here. `str.splitlines`, which `httpx.Response.iter_lines` uses, would also break JSON at a
    character such as U+2028.
    """

    def __init__(self) -> None:
        self._rest = ""
        self._frame: Frame | None = None

    def feed(self, text: str) -> Iterator[Frame]:
        """The frames that this piece completes."""
        self._rest += text
        # A CR at the end may be the first half of a CR LF.
        whole = self._rest.removesuffix("\r")
        *lines, rest = re.split(r"\r\n|\r|\n", whole)
        self._rest = rest + self._rest[len(whole) :]
        for line in lines:
            if line == "":
                if self._frame is not None:
                    yield self._frame
                self._frame = None
            elif not line.startswith(":"):
                self._frame = self._frame or Frame()
                self._read(self._frame, line)

    @staticmethod
    def _read(frame: Frame, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id":
            frame.id = value
        elif name == "event":
            frame.event = value
        elif name == "data":
            frame.data = value if frame.data is None else f"{frame.data}\n{value}"
        elif name == "retry" and value.isascii() and value.isdigit():
            frame.retry_seconds = int(value) / 1000
