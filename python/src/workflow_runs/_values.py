"""How the arguments of the client become those of the API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any


def instant(value: str | datetime) -> str:
    """RFC 3339. A `datetime` without a time zone is in that of this machine, as always in Python."""
    return value if isinstance(value, str) else value.astimezone().isoformat()


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are not None, with instants as text."""
    return {
        name: instant(value) if isinstance(value, datetime) else value
        for name, value in values.items()
        if value is not None
    }


def to_json(value: Any) -> bytes:
    """Raises ValueError for NaN and infinity, and TypeError for what is no JSON.

    Half a surrogate pair becomes a question mark.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")
