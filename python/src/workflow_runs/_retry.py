"""When a request may be sent again, and after which pause."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

#: Methods that may be sent twice: RFC 9110, 9.2.2.
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})

#: Of a `Retry-After`, no more than this is waited.
LONGEST_RETRY_AFTER_SECONDS = 60.0


def is_repeatable(method: str, headers: Mapping[str, str]) -> bool:
    """True for an idempotent method, and for a request with an idempotency key."""
    return method in IDEMPOTENT or "Idempotency-Key" in headers


def pause_before_retry(least: float | None, back_off: float) -> float:
    """How many seconds to wait before another try.

    It is what `Retry-After` asks for, up to a minute, and the back-off, randomly shortened by up to a half, so that those who
    were refused together do not come back together.
    """
    return min(least or 0.0, LONGEST_RETRY_AFTER_SECONDS) + back_off * random.uniform(0.5, 1.0)


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """The pause that an answer asks for, as seconds or as a date (RFC 9110, 10.2.3). None when it asks for none."""
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None
