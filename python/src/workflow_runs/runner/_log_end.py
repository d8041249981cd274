"""The end of a log that is longer than the service stores: its last 256 KiB."""

from __future__ import annotations

from collections import deque

#: How much of the end of a log the service stores besides its beginning.
MOST_END_BYTES = 256 * 1024
#: How far into the end its first line break is looked for.
_LONGEST_LINE_BYTES = 16 * 1024


class LogEnd:
    """What does not fit is counted."""

    def __init__(self) -> None:
        self._parts: deque[bytes] = deque()
        self._bytes = 0
        self._omitted_bytes = 0

    def __bool__(self) -> bool:
        return len(self._parts) > 0

    def append(self, text: str) -> None:
        """Adds what was logged next."""
        self._parts.append(text.encode("utf-8", "replace"))
        self._bytes += len(self._parts[-1])
        self._drop()

    def prepend(self, text: str) -> None:
        """Adds what was logged before all of this, since it was not stored."""
        part = text.encode("utf-8", "replace")
        if self._omitted_bytes > 0:
            self._omitted_bytes += len(part)
        elif part:
            self._parts.appendleft(part)
            self._bytes += len(part)
            self._drop()

    def take(self) -> tuple[str, int]:
        """The end, which begins with a line if one begins early in it, and how many bytes are left out before it."""
        text = b"".join(self._parts)
        first = max(0, len(text) - MOST_END_BYTES)
        if first > 0:
            line_break = text.find(b"\n", first, first + _LONGEST_LINE_BYTES)
            if line_break != -1:
                first = line_break + 1
            while first < len(text) and text[first] & 0b1100_0000 == 0b1000_0000:
                first += 1
        omitted_bytes = self._omitted_bytes + first
        self._parts, self._bytes, self._omitted_bytes = deque(), 0, 0
        return text[first:].decode("utf-8", "replace"), omitted_bytes

    def _drop(self) -> None:
        """Drops the first parts as long as the others fill the end."""
        while self._parts and self._bytes - len(self._parts[0]) >= MOST_END_BYTES:
            part = self._parts.popleft()
            self._bytes -= len(part)
            self._omitted_bytes += len(part)
