"""A runner in a few lines: it takes the runs of a workflow, and calls your function for each."""

from ._logging import RunLogHandler
from ._run import AsyncRun, Run
from ._runner import Runner
from ._types import Question, Result, RunSuspended, WorkEnded, WorkFailed

__all__ = ["AsyncRun", "Question", "Result", "Run", "RunLogHandler", "RunSuspended", "Runner", "WorkEnded", "WorkFailed"]
