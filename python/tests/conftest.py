from __future__ import annotations

import asyncio
import time

import pytest


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses of a client without asyncio, which take no time."""
    made: list[float] = []
    monkeypatch.setattr(time, "sleep", made.append)
    return made


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test reads the login of the person who runs it."""
    for name in ("WORKFLOW_RUNS_URL", "WORKFLOW_RUNS_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp()))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses of a runner take no time."""
    sleep = asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", lambda _: sleep(0))
    for name in ("_reporter._FIRST_WITHIN_SECONDS", "_leases._FIRST_PAUSE_SECONDS"):
        monkeypatch.setattr(f"workflow_runs.runner.{name}", 0.01)
