"""What a handler says while it works, until it is sent: its log and its progress."""

from __future__ import annotations

import math
import threading
import time
from typing import Any, NotRequired, TypedDict

from .._values import to_json
from ._log_end import LogEnd

#: So many characters have at most 30,000 bytes of UTF-8 and 45,000 of JSON. An entry may have 32 KiB, and a body 64
#: KiB.
_SURE_LENGTH = 7_500
#: Most texts have one byte for each character, so an entry may have more of them.
_USUAL_LENGTH = 30_000
_MOST_ENTRY_BYTES = 32_000
#: How much of a heartbeat its entries may take, as JSON.
_MOST_MESSAGE_BYTES = 61_000
_MOST_ENTRIES = 100
#: The service stores at most 1 MiB of an attempt, and the end of a longer log. One entry more is sent, which makes the
#: service mark the log as cut.
_MOST_BYTES = 1024 * 1024


class Entry(TypedDict):
    sequence: int
    text: str
    #: Of the entries of the end of a log: how much is left out right before them.
    omitted_bytes: NotRequired[int]


class Progress(TypedDict, total=False):
    percent: int
    message: str


class Outbox:
    """Handlers add to it from any thread.

    Text gets a number when it is first sent, and keeps it, so it can be sent again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._texts: list[str] = []
        self._length = 0
        self._texts_since = math.inf
        #: The entries that the service has not answered yet.
        self._entries: list[Entry] = []
        self._sequence = 0
        self._accepted_bytes = 0
        self._end = LogEnd()
        self._is_cut = False
        self._takes_text = True
        self._is_log_closed = False
        self._progress: Progress = {}
        self._progress_since = math.inf

    def add_text(self, text: str) -> None:
        with self._lock:
            if not self._takes_text or self._is_log_closed or text == "":
                return
            is_full = self._is_cut or self._accepted_bytes > _MOST_BYTES
            room = 0 if is_full else _MOST_BYTES + _USUAL_LENGTH - self._accepted_bytes
            if len(text) > room:
                self._end.append(text[room:])
            text = text[:room]
            if text == "":
                return
            self._accepted_bytes += len(text.encode("utf-8", "replace"))
            self._texts.append(text)
            self._length += len(text)
            self._texts_since = min(self._texts_since, time.monotonic())

    def add_progress(self, progress: Progress) -> None:
        """The latest progress counts."""
        with self._lock:
            self._progress |= progress
            self._progress_since = min(self._progress_since, time.monotonic())

    def log_due_at(self, within_seconds: float) -> float:
        """When the log shall be sent, as a time of `time.monotonic`: at once when there is a message full of text."""
        if self._entries or self._length >= _USUAL_LENGTH:
            return -math.inf
        return self._texts_since + within_seconds

    def progress_due_at(self, within_seconds: float) -> float:
        return self._progress_since + within_seconds

    def take_progress(self) -> Progress:
        with self._lock:
            progress, self._progress, self._progress_since = self._progress, {}, math.inf
            return progress

    def return_progress(self, progress: Progress) -> None:
        """It could not be sent. What has come since then is newer."""
        with self._lock:
            self._progress = {**progress, **self._progress}
            self._progress_since = min(self._progress_since, time.monotonic()) if self._progress else math.inf

    def entries(self) -> list[Entry]:
        """The entries for the next message: the same ones until they are settled."""
        with self._lock:
            self._number_texts()
            taken: list[Entry] = []
            size = 0
            for entry in self._entries[:_MOST_ENTRIES]:
                size += len(to_json(entry)) + 1
                if size > _MOST_MESSAGE_BYTES and taken:
                    break
                taken.append(entry)
            return taken

    def settle(self, entries: list[Entry], stored: dict[str, Any]) -> bool:
        """The service has answered these. True when it stores no more of the log but its end."""
        settled = {id(entry) for entry in entries}
        with self._lock:
            waiting = [entry for entry in self._entries if id(entry) not in settled]
            # One that a slow heartbeat has carried may be settled already.
            if len(waiting) == len(self._entries):
                return False
            is_of_end = any("omitted_bytes" in entry for entry in entries)
            if not stored.get("is_cut") or is_of_end or self._is_cut:
                self._entries = waiting
                return False
            # `/log` is answered for one entry, and does not say where the log was cut.
            cut_from = stored.get("cut_from", entries[0]["sequence"])
            lost = [entry for entry in self._entries if cut_from is not None and entry["sequence"] >= cut_from]
            self._entries = [entry for entry in waiting if all(entry is not one for one in lost)]
            self._end.prepend("".join([*(entry["text"] for entry in lost), *self._texts]))
            self._texts, self._length, self._texts_since = [], 0, math.inf
            # Their numbers are free again.
            self._sequence = lost[0]["sequence"] if lost else self._sequence
            self._is_cut = True
            return True

    def add_end(self) -> None:
        """Makes entries of the end of a long log, when everything before it is settled."""
        with self._lock:
            if self._is_log_closed or not self._end:
                return
            text, omitted_bytes = self._end.take()
            first = len(self._entries)
            self._number(text)
            for entry in self._entries[first:]:
                entry["omitted_bytes"] = omitted_bytes
                omitted_bytes = 0

    def take_no_more(self) -> None:
        """The work has ended, so what is there is the rest of its log."""
        with self._lock:
            self._takes_text = False

    def close_log(self) -> None:
        """Nothing of the log is sent any more."""
        with self._lock:
            self._is_log_closed = True
            self._texts, self._length, self._texts_since, self._entries = [], 0, math.inf, []

    def _number_texts(self) -> None:
        text = "".join(self._texts)
        self._texts, self._length, self._texts_since = [], 0, math.inf
        self._number(text)

    def _number(self, text: str) -> None:
        while text:
            part = _first_entry(text)
            self._entries.append({"sequence": self._sequence, "text": part})
            self._sequence += 1
            text = text[len(part) :]


def _first_entry(text: str) -> str:
    """The beginning of a text, which fits into an entry."""
    usual = text[:_USUAL_LENGTH]
    return usual if len(to_json(usual)) <= _MOST_ENTRY_BYTES else text[:_SURE_LENGTH]
