"""A program that uses every method of the client without asyncio, against a local stack. mypy checks it, too."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from workflow_runs import ApiProblem, Client
from workflow_runs.runner import AsyncRun, Run, Runner
from workflow_runs.types import NewTrigger, TriggerContent

URL = os.environ.get("WORKFLOW_RUNS_STACK", "")
OWNER = "wr_demo_owner"
pytestmark = pytest.mark.skipif(URL == "", reason="WORKFLOW_RUNS_STACK is not set")

used: set[str] = set()


class Recording(Client):
    """Remembers which of its methods were used."""

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_"):
            used.add(name)
        return super().__getattribute__(name)


@pytest.fixture
def client() -> Iterator[Client]:
    with Recording(URL, OWNER) as client:
        yield client


def work(run: Run) -> int:
    run.upload("a.txt", "a")
    return run.attempt


def ask(run: Run) -> Any:
    """Uses all of a run."""
    assert not run.stopped.is_set() and run.deadline_at > datetime.now(UTC)
    run.check()
    run.log(f"{run.id} {run.labels} {run.snapshot['workflow_name']}")
    run.progress(40, "reading")
    run.upload("a.txt", "a", content_type="text/plain")
    pages = run.step("ocr", lambda: {"pages": 3})["pages"]
    run.sleep("now", 0)
    early = run.signal("early", correlation="4711")["payload"]
    with suppress(ApiProblem):
        run.children("none", [{"workflow_definition_id": run.id, "key": "a"}])
    answer = run.ask("pay", "Pay?", choices=["yes", "no"], people_only=False, timeout_seconds=60)
    return [run.attempt, run.input["asks"], pages, early, answer["value"]]


async def ask_later(run: AsyncRun) -> Any:
    assert not run.stopped.is_set() and run.deadline_at > datetime.now(UTC)
    run.check()
    run.log(f"{run.id} {run.labels} {run.snapshot['workflow_name']}")
    run.progress(40, "reading")
    await run.upload("a.txt", "a", content_type="text/plain")

    async def ocr() -> dict[str, int]:
        return {"pages": 3}

    pages = (await run.step("ocr", ocr))["pages"]
    await run.sleep("now", 0)
    early = (await run.signal("early", correlation="4711"))["payload"]
    with suppress(ApiProblem):
        await run.children("none", [{"workflow_definition_id": run.id, "key": "a"}])
    answer = await run.ask("pay", "Pay?", choices=["yes", "no"], people_only=False, timeout_seconds=60)
    return [run.attempt, run.input["asks"], pages, early, answer["value"]]


@pytest.fixture
def workflow_id(client: Client, request: pytest.FixtureRequest) -> Iterator[str]:
    """A workflow with a runner, which works on so many attempts in a thread of its own."""
    workflow = client.create_workflow(
        {
            "name": "Every method",
            "runner_type": "SELF_HOSTED",
            "source_path_part_ids": ["01920000-0000-7000-8000-000000000103"],
            "instruction_path_part_ids": ["01920000-0000-7000-8000-000000000104"],
            "output_path_part_ids": ["01920000-0000-7000-8000-000000000105"],
        },
        {"handover": "lease"},
    )
    runner = Runner(URL, OWNER)

    most, handler = request.param
    runner.handle(workflow["id"])(handler)
    thread = threading.Thread(target=lambda: runner.run(most=most))
    thread.start()
    yield workflow["id"]
    thread.join()


@pytest.mark.parametrize("workflow_id", [(4, work)], indirect=True)
def test_the_methods_for_runs_work_without_asyncio(client: Client, workflow_id: str, tmp_path: Path) -> None:
    assert client.url == URL
    assert client.me()["email"] == "owner@demo.example"
    assert client.workflow(workflow_id)["id"] in [workflow["id"] for workflow in client.workflows()]
    run = client.invoke(workflow_id, {"n": 1}, labels={"env": "test"}, concurrency_key="k", idempotency_key="every-method")
    run_id = run["id"]
    assert client.invoke(workflow_id, {"n": 1}, idempotency_key="every-method")["id"] == run_id
    assert client.wait(run_id, timeout=30)["status"] == "COMPLETED"
    assert client.result(run_id)["output"] == 1
    assert client.run(run_id)["status"] == client.details(run_id)["status"] == client.explain(run_id)["status"]
    assert client.log(run_id, attempt=1)["is_complete"]
    assert [file["name"] for file in client.artifacts(run_id)] == ["a.txt"]
    client.download(run_id, "a.txt", tmp_path / "a.txt", attempt=1)
    types = [event["type"] for event in client.events(run_id)]
    assert types == [news.event["type"] for news in client.watch(run_id) if news.event]
    assert run_id in [one["id"] for one in client.runs(workflow_definition_id=workflow_id, status="COMPLETED")]
    assert run_id in [event["run_id"] for event in client.feed(workflow_definition_id=workflow_id, types="workflow_run.completed")]
    assert "workflow_definition.created" in [event["action"] for event in client.audit_events(object_id=workflow_id)]

    batch = client.invoke_batch(workflow_id, [{"input": {"n": 2}}, {"input": {"n": 3}}])
    assert client.wait_for_batch(batch["id"])["completed"] == client.batch(batch["id"])["run_count"] == 2
    assert [result["run_id"] for result in client.batch_results(batch["id"])] == batch["run_ids"]

    delayed = client.invoke(workflow_id, start_after=datetime.now(UTC) + timedelta(hours=1))["id"]
    client.stop(delayed, reason="Too late")
    client.retry(delayed)
    assert client.wait(delayed, timeout=30)["status"] == "COMPLETED"
    delayed = client.invoke(workflow_id, start_after=datetime.now(UTC) + timedelta(hours=1))["id"]
    client.prioritize(delayed, 7)
    assert client.details(delayed)["priority"] == 7
    client.start_now(delayed)
    client.stop(delayed)
    client.delete(delayed)
    listed = client.request("GET", "/v1/workflow-runs", params={"workflow_definition_id": workflow_id}).json()
    assert delayed not in [run["id"] for run in listed["items"]]

    with closing(client.stream("/v1/events/stream", on_begin=lambda _: client.invoke(workflow_id))) as messages:
        assert next(messages).event == "workflow_run.triggered"


@pytest.mark.parametrize("workflow_id", [(2, ask), (2, ask_later)], indirect=True)
def test_the_methods_for_suspended_runs_work_without_asyncio(client: Client, workflow_id: str) -> None:
    signal = {"name": "early", "correlation": "4711", "payload": {"amount": 1}}
    client.request("POST", f"/v1/workflow-definitions/{workflow_id}/signals", json=signal)
    run_id = client.invoke(workflow_id, {"asks": True})["id"]
    suspended = next(news for news in client.watch(run_id) if news.event and news.event["type"] == "SUSPENDED")
    assert suspended.run and suspended.run["status"] == "PENDING"
    (wait,) = [wait for wait in client.waits() if wait["run_id"] == run_id]
    assert (wait["prompt"], wait["choices"]) == ("Pay?", ["yes", "no"])
    answered = client.answer(run_id, wait["key"], "yes", comment="As agreed")["answer"]
    assert answered and (answered["value"], answered["comment"]) == ("yes", "As agreed")
    assert client.result(run_id, timeout=30)["output"] == [2, True, 3, {"amount": 1}, "yes"]
    assert [(kept["key"], kept["value"]) for kept in client.checkpoints(run_id)] == [("ocr", {"pages": 3})]


@pytest.mark.parametrize("workflow_id", [(4, work)], indirect=True)
def test_the_methods_for_triggers_work_without_asyncio(client: Client, workflow_id: str) -> None:
    for _ in range(3):
        client.invoke(workflow_id)
    schedule: NewTrigger = {
        "name": "Every day",
        "kind": "schedule",
        "schedule": {"cron": "0 6 * * *", "time_zone": "Europe/Berlin"},
        "is_active": False,
    }
    trigger_id = client.create_trigger(workflow_id, schedule)["id"]
    assert [trigger["id"] for trigger in client.triggers(workflow_id)] == [trigger_id]
    assert not client.trigger(trigger_id)["is_active"]
    content: TriggerContent = {
        "name": "Each day",
        "kind": "schedule",
        "schedule": {"cron": "0 7 * * *", "time_zone": "Europe/Berlin"},
    }
    client.replace_trigger(trigger_id, content)
    assert client.pause_trigger(trigger_id, note="Later")["name"] == "Each day"
    assert client.resume_trigger(trigger_id, catch_up=True)["is_active"]
    run_id = client.fire_trigger(trigger_id)["run_id"]
    assert run_id in [firing["run_id"] for firing in client.firings(trigger_id)]
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert len(client.occurrences(trigger_id, start=start, end=start + timedelta(days=3))["items"]) == 3
    assert client.backfill(trigger_id, start, start + timedelta(days=3), dry_run=True)["items"]
    client.delete_trigger(trigger_id)
    hook: NewTrigger = {"name": "Hook", "kind": "webhook", "webhook": {"scheme": "standard-webhooks"}}
    created = client.create_trigger(workflow_id, hook)
    assert client.rotate_trigger_secret(created["id"])["secret"] != created["secret"]


def test_these_are_all_methods(client: Client) -> None:
    client.close()
    assert {name for name in dir(Client) if not name.startswith("_")} == used
    program = Path(__file__).read_text()
    assert [name for name in {*dir(Run), *dir(AsyncRun)} if not name.startswith("_") and f"run.{name}" not in program] == []
