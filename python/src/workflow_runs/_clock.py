"""The clock of the service, and the one of this machine."""

from __future__ import annotations

import time


def ahead_seconds_at(second: float) -> float:
    """How far the clock of the service is ahead of the one of this machine, when it has just shown this whole second.

    The fraction that is left out counts as a whole second, so an end comes up to a second early, and never late.
    """
    return second + 1 - time.time()


#: A message may take so long: it waits for the answers to others, and for a runner that has to start first.
_LONGEST_WAY_SECONDS = 30


def ahead_seconds_of_message(second: float) -> float:
    """The same for a message with this second in its signature.

    A difference that its way explains says nothing about the clock.
    """
    ahead = ahead_seconds_at(second)
    return 0 if -_LONGEST_WAY_SECONDS <= ahead <= 1 else ahead
