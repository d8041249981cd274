"""A handler that does what a list of actions says, so that the same cases are tried with the kits of both languages.

client/test/scripted-work.ts has the same actions. What comes of `step`, `ask` and the like is the output, unless there is
a `return`.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from workflow_runs.runner import AsyncRun, Result, Run, WorkEnded, WorkFailed

#: An action is its name and its arguments, as JSON.
Action = list[Any]
_VALUED = ("step", "ask", "sleep", "signal", "children")


def _raise(text: str) -> None:
    raise RuntimeError(text)


def _fail(text: str, said: dict[str, Any]) -> None:
    raise WorkFailed(text, **said)


def _progress(run: Run) -> None:
    with suppress(WorkEnded):
        while not run.stopped.wait(0.1):
            run.progress(message="there")


async def _progress_async(run: AsyncRun) -> None:
    with suppress(WorkEnded):
        while not run.stopped.is_set():
            run.progress(message="there")
            await asyncio.sleep(0.1)


async def _give(value: Any) -> Any:
    return value


class Script:
    """What both kinds of handlers do.

    Args:
        tell: Called with a value, as soon as an action tells it.
        on_caught: Called with the kind of what an action has raised that may be caught.
        next_call: Done at the next call of the service that has this name, or at once when one was not answered at once.
        large_file: Makes a file of so many bytes.
    """

    def __init__(
        self,
        on_caught: Callable[[str], object] = lambda _: None,
        next_call: Callable[[str], Future[None]] | None = None,
        large_file: Callable[[int], Path] | None = None,
        tell: Callable[[Any], object] = lambda _: None,
    ) -> None:
        self._tell = tell
        self._on_caught = on_caught
        self._next_call = next_call
        self._large_file = large_file

    def handler(self, run: Run) -> Result:
        def perform(action: Action) -> Any:
            verb, *args = action
            if verb == "caught":
                try:
                    return perform(args)
                except BaseException as error:
                    return self._on_caught(getattr(error, "kind", repr(error)))
            if verb == "together":
                with ThreadPoolExecutor() as pool:
                    return list(pool.map(perform, args))
            came = self._begin(run, verb, args, lambda value: lambda: value)
            return came.result(60) if isinstance(came, Future) else came

        values = []
        for action in run.input["do"]:
            if action[0] == "return":
                return Result(action[1])
            came = perform(action)
            if action[0] in _VALUED:
                values.append(came)
        return Result(values or None)

    async def async_handler(self, run: AsyncRun) -> Result:
        async def perform(action: Action) -> Any:
            verb, *args = action
            if verb == "caught":
                try:
                    return await perform(args)
                except BaseException as error:
                    return self._on_caught(getattr(error, "kind", repr(error)))
            if verb == "together":
                return await asyncio.gather(*map(perform, args))
            came = self._begin(run, verb, args, lambda value: lambda: _give(value))
            if isinstance(came, Future):
                return await asyncio.wrap_future(came)
            return await came if inspect.isawaitable(came) else came

        values = []
        for action in run.input["do"]:
            if action[0] == "return":
                return Result(action[1])
            came = await perform(action)
            if action[0] in _VALUED:
                values.append(came)
        return Result(values or None)

    def _begin(self, run: Any, verb: str, args: list[Any], work_of: Callable[[Any], Any]) -> Any:
        """Calls a method of the run. What comes of it is to be awaited in an `async` handler."""
        match verb, args:
            case "step", [key, value]:
                return run.step(key, work_of(value))
            case "ask", [key, prompt, *question]:
                return run.ask(key, prompt, **(question[0] if question else {}))
            case "signal", [key, *options]:
                return run.signal(key, **(options[0] if options else {}))
            case "children", [key, specs, *options]:
                return run.children(key, specs, **(options[0] if options else {}))
            case "sleep", [key, str(until)]:
                return run.sleep(key, datetime.fromisoformat(until))
            case "upload bytes", [name, size] if self._large_file:
                return run.upload(name, self._large_file(size))
            case "tell", [value]:
                return self._tell(value)
            case "progress until ended", []:
                return _progress_async(run) if isinstance(run, AsyncRun) else _progress(run)
            case "until ended", []:
                return run.stopped.wait()
            case "until call", [name] if self._next_call:
                return self._next_call(name)
            case "raise", [text]:
                return _raise(text)
            case "fail", [text, said]:
                return _fail(text, said)
            case _:
                return getattr(run, verb)(*args)
