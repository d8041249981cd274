"""The clock of the service, and the one of this machine."""

from __future__ import annotations

import time


def ahead_seconds_at(second: float) -> float:
    """How far the clock of the service is ahead of the one of this machine, when it has just shown this whole second.

    What such a second leaves out counts as passed, so that an end comes up to a second early, and not late.
    """
    return second + 1 - time.time()
