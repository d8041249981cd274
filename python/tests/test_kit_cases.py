"""The cases of both kits against a fake service: those of kit-cases.json, which client/test/kit-cases.test.ts tries, too."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from fake_service import answer, busy, challenge, problem
from runner_service import FakeService, lease, work_of
from scripted import Script

TABLE = json.loads(Path(__file__).with_name("kit-cases.json").read_text())
pytestmark = pytest.mark.usefixtures("quick")
CASES = [pytest.param(case, id=f"{group} {case['name']}") for group, cases in TABLE.items() for case in cases]


def told(calls: list[tuple[str, Any]]) -> list[list[Any]]:
    """Without heartbeats, and with the texts of the log that follow each other as one."""
    seen: list[list[Any]] = []
    sequences = set()
    for name, body in calls:
        if name in ("runner-sessions", "leases"):
            continue
        if name not in ("log", "heartbeat"):
            text = body.decode() if isinstance(body, bytes) else body
            seen.append([name] if text == "" else [name, text])
            continue
        for entry in [body] if name == "log" else body.get("log", []):
            # The log of a failure has its traceback only in Python.
            if entry["sequence"] in sequences or entry["text"].startswith("Traceback"):
                continue
            sequences.add(entry["sequence"])
            if seen and seen[-1][0] == "log":
                seen[-1][1] += entry["text"]
            else:
                seen.append(["log", entry["text"]])
    return seen


class Containing:
    """Equals each text that contains all of these."""

    def __init__(self, parts: list[str]) -> None:
        self._parts = parts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and all(part in other for part in self._parts)


def expected(call: list[Any]) -> list[Any]:
    error = call[1].get("error") if len(call) == 2 and isinstance(call[1], dict) else None
    if isinstance(error, list):
        return [call[0], {**call[1], "error": Containing(error)}]
    if isinstance(error, str):
        # An exception begins with the name of its class.
        return [call[0], {**call[1], "error": Containing([error])}]
    return call


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("case", CASES)
async def test_both_kits(case: dict[str, Any], is_async: bool) -> None:
    async def hang(name: str) -> httpx.Response:
        try:
            await asyncio.Event().wait()
        finally:
            service.calls.append(("given up", name))
        raise AssertionError("It is never set.")

    def reply(name: str, one: Any) -> Any:
        match one:
            case "busy":
                return busy()
            case "challenge":
                return challenge()
            case "cut":
                return httpx.ReadError("cut")
            case "hang":
                return lambda: hang(name)
            case {"problem": status}:
                return problem(status, one.get("code", "conflict"))
            case {"invalid": text}:
                return answer({"detail": [{"loc": ["body", "output"], "type": "t", "msg": text}]}, 422)
        return answer(one)

    caught: list[str] = []
    replies = {name: [reply(name, one) for one in given] for name, given in case.get("answers", {}).items()}
    service = FakeService(lease(**{"input": {"do": case["do"]}, **case.get("lease", {})}), **replies)
    script = Script(caught.append, service.next_call)
    await work_of(service, script.async_handler if is_async else script.handler)
    assert (told(service.calls), caught) == ([expected(call) for call in case["calls"]], case.get("caught", []))
