"""What only Python has, against a local stack, whose URL is in WORKFLOW_RUNS_STACK: `npm run test:stack -- test/python` starts one.

The cases of both languages are in test/python/kits.ts.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from faulty import FaultyTransport

from workflow_runs import AsyncClient
from workflow_runs.runner import AsyncRun, Result, Run, Runner
from workflow_runs.types import NewWorkflow

URL = os.environ.get("WORKFLOW_RUNS_STACK", "")
OWNER = "wr_demo_owner"

pytestmark = pytest.mark.skipif(URL == "", reason="WORKFLOW_RUNS_STACK is not set")

NewLeased = Callable[..., Awaitable[str]]


@pytest.fixture
async def client() -> AsyncIterator[AsyncClient]:
    async with AsyncClient(URL, OWNER) as client:
        yield client


@pytest.fixture
def leased(client: AsyncClient) -> NewLeased:
    """Makes a workflow whose runs are leased, and returns its id."""

    async def make() -> str:
        workflow: NewWorkflow = {
            "name": f"Python {os.urandom(4).hex()}",
            "runner_type": "SELF_HOSTED",
            "source_path_part_ids": ["01920000-0000-7000-8000-000000000103"],
            "instruction_path_part_ids": ["01920000-0000-7000-8000-000000000104"],
            "output_path_part_ids": ["01920000-0000-7000-8000-000000000105"],
        }
        created = await client.create_workflow(workflow, {"handover": "lease"})
        return created["id"]

    return make


async def work(workflow_id: str, handler: Any) -> None:
    """Works on one run of a workflow."""
    runner = Runner(URL, OWNER, name="pytest")
    runner.handle(workflow_id)(handler)
    await runner.serve(most=1)


class TestTheLifeOfARun:
    @pytest.mark.parametrize("is_async", [False, True])
    async def test_is_seen_with_its_progress_log_files_and_result(
        self, client: AsyncClient, leased: NewLeased, is_async: bool, tmp_path: Path
    ) -> None:
        def begin(run: Any) -> None:
            run.log("Reading\u2028it")
            run.progress(40, "reading")

        def sync_handler(run: Run) -> Result:
            begin(run)
            run.upload("words.txt", "to be")
            return Result({"words": 2}, "Two words", [{"name": "link", "url": "https://example.com"}])

        async def async_handler(run: AsyncRun) -> Result:
            begin(run)
            await run.upload("words.txt", "to be")
            return Result({"words": 2}, "Two words", [{"name": "link", "url": "https://example.com"}])

        workflow_id = await leased()
        run = await client.invoke(workflow_id, {"text": "to be"}, labels={"from": "python"})
        assert run["status"] == "PENDING"
        handler = async_handler if is_async else sync_handler
        seen, result, _ = await asyncio.gather(
            news_of(client, run["id"]), client.result(run["id"], timeout=30), work(workflow_id, handler)
        )
        assert [kind for kind in seen if kind in ("TRIGGERED", "LEASED", "COMPLETED", "log")] == [
            "TRIGGERED",
            "LEASED",
            "log",
            "COMPLETED",
        ]
        assert (result["status"], result["output"], result["summary"]) == ("COMPLETED", {"words": 2}, "Two words")
        assert [entry["text"] for entry in (await client.log(run["id"]))["entries"]] == ["Reading\u2028it\n"]
        assert [file["name"] for file in await client.artifacts(run["id"])] == ["words.txt"]
        await client.download(run["id"], "words.txt", tmp_path / "words.txt")
        assert (tmp_path / "words.txt").read_text() == "to be"
        assert [run["id"] async for run in client.runs(workflow_definition_id=workflow_id, label="from:python")] == [run["id"]]

    async def test_ends_with_the_error_and_the_traceback_of_its_handler(self, client: AsyncClient, leased: NewLeased) -> None:
        def fail(_: Run) -> None:
            raise LookupError("There is no such folder")

        workflow_id = await leased()
        run = await client.invoke(workflow_id)
        await work(workflow_id, fail)
        ended = await client.wait(run["id"])
        assert (ended["status"], ended["error"]) == ("FAILED", "LookupError: There is no such folder")
        assert (await client.result(run["id"]))["failure_code"] == "REPORTED"
        text = "".join(entry["text"] for entry in (await client.log(run["id"]))["entries"])
        assert "Traceback (most recent call last)" in text and "in fail" in text
        # A retry is the next attempt.
        await client.retry(run["id"])
        await work(workflow_id, lambda run: run.attempt)
        assert (await client.result(run["id"]))["output"] == 2

async def news_of(client: AsyncClient, run_id: str) -> list[str]:
    """What a run's stream says, in its order: the types of its events, and "log" and "progress"."""
    seen: list[str] = []
    async for news in client.watch(run_id, log=True):
        seen.append(news.event["type"] if news.event else "log" if news.log else "progress")
    return seen


async def test_an_answer_that_a_client_has_lost_triggers_one_run(leased: NewLeased) -> None:
    workflow_id = await leased()
    async with AsyncClient(URL, OWNER, transport=FaultyTransport(1, "answer lost")) as client:
        await client.invoke(workflow_id)
        assert len([run async for run in client.runs(workflow_definition_id=workflow_id)]) == 1


async def test_a_delayed_run_can_be_started_now(client: AsyncClient, leased: NewLeased) -> None:
    workflow_id = await leased()
    later = datetime.now(UTC) + timedelta(hours=2)
    run = await client.invoke(workflow_id, start_after=later, must_start_by=later + timedelta(hours=1))
    assert (await client.explain(run["id"]))["reason"] == "delayed"
    await client.start_now(run["id"])
    await work(workflow_id, lambda _: None)
    assert (await client.wait(run["id"]))["status"] == "COMPLETED"
