"""A runner in a few lines: it takes the runs of a workflow, and calls your function for each."""

from ._logging import RunLogHandler
from ._run import AsyncRun, Run
from ._runner import Runner
from ._types import Outcome, Result, WorkEnded

__all__ = ["AsyncRun", "Outcome", "Result", "Run", "RunLogHandler", "Runner", "WorkEnded"]
