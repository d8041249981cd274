"""The clock of the service, and the one of this machine."""

from __future__ import annotations

import time


def ahead_seconds_at(second: float) -> float:
    """How far the clock of the service is ahead of the one of this machine, when it has just shown this whole second.

    The fraction that is left out counts as a whole second, so an end comes up to a second early, and never late.
    """
    return second + 1 - time.time()
