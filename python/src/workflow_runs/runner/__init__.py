"""A runner in a few lines: it takes the runs of a workflow, and calls your function for each."""

from ._logging import RunLogHandler
from ._run import AsyncRun, Run
from ._runner import Runner
from ._types import Child, ChildrenOptions, Question, Result, RunSuspended, SignalWait, WorkEnded, WorkFailed

__all__ = ["AsyncRun", "Child", "ChildrenOptions", "Question", "Result", "Run", "RunLogHandler", "RunSuspended", "Runner", "SignalWait", "WorkEnded", "WorkFailed"]
