"""Client and runner kit against a local stack, whose URL is in WORKFLOW_RUNS_STACK: `npm run test:stack -- test/python` starts one."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from faulty import Fault, FaultyTransport

from workflow_runs import ApiProblem, AsyncClient, InvalidRequest
from workflow_runs.runner import AsyncRun, Result, Run, Runner, WorkEnded
from workflow_runs.types import NewWorkflow, RunResult, UpdateWorkflowDefinitionPolicyRequest

URL = os.environ.get("WORKFLOW_RUNS_STACK", "")
OWNER, USER = "wr_demo_owner", "wr_demo_user"
#: Of the demo data: it has ended.
COMPLETED_RUN = "01920000-0000-7000-8000-000000000403"
#: As many as a batch may have, in the whole suite.
RUNS = 500 if os.environ.get("WHOLE") else 100

pytestmark = pytest.mark.skipif(URL == "", reason="WORKFLOW_RUNS_STACK is not set")

NewLeased = Callable[..., Awaitable[str]]


@pytest.fixture
async def client() -> AsyncIterator[AsyncClient]:
    async with AsyncClient(URL, OWNER) as client:
        yield client


@pytest.fixture
def leased(client: AsyncClient) -> NewLeased:
    """Makes a workflow whose runs are leased, and returns its id."""

    async def make(policy: UpdateWorkflowDefinitionPolicyRequest | None = None) -> str:
        workflow: NewWorkflow = {
            "name": f"Python {os.urandom(4).hex()}",
            "runner_type": "SELF_HOSTED",
            "source_path_part_ids": ["01920000-0000-7000-8000-000000000103"],
            "instruction_path_part_ids": ["01920000-0000-7000-8000-000000000104"],
            "output_path_part_ids": ["01920000-0000-7000-8000-000000000105"],
        }
        created = await client.create_workflow(workflow, {"handover": "lease", "lease_seconds": 30, **(policy or {})})
        return created["id"]

    return make


async def work(workflow_id: str, handler: Any, *, most: int = 1, capacity: int = 1, transport: Any = None) -> None:
    """Works on runs of a workflow until `most` have ended."""
    runner = Runner(URL, OWNER, name="pytest", capacity=capacity, transport=transport)
    runner.handle(workflow_id)(handler)
    await runner.serve(most=most)


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

    async def test_ends_when_it_is_stopped_and_its_handler_learns_of_it(self, client: AsyncClient, leased: NewLeased) -> None:
        seen: list[str] = []

        async def until_stopped(run: AsyncRun) -> None:
            try:
                while True:
                    run.progress(message="still there")
                    await asyncio.sleep(0.1)
            except WorkEnded as error:
                seen.append(f"{error.kind}: {error}")
                raise

        workflow_id = await leased()
        run = await client.invoke(workflow_id)

        async def stop() -> None:
            # Who follows the run makes its runner report more often.
            async for news in client.watch(run["id"]):
                if news.progress is not None and news.progress["message"] is not None:
                    if not stopped:
                        stopped.append(await client.stop(run["id"], reason="Enough", grace_seconds=60))

        stopped: list[Any] = []
        await asyncio.gather(stop(), work(workflow_id, until_stopped))
        assert seen == ["stopping: Stopped: Enough"]
        assert (await client.result(run["id"]))["failure_code"] == "STOPPED"


async def news_of(client: AsyncClient, run_id: str) -> list[str]:
    """What a run's stream says, in its order: the types of its events, and "log" and "progress"."""
    seen: list[str] = []
    async for news in client.watch(run_id, log=True):
        seen.append(news.event["type"] if news.event else "log" if news.log else "progress")
    return seen


class TestRefusals:
    @pytest.mark.parametrize(
        ("call", "status", "code"),
        [
            (lambda client: client.run("01920000-0000-7000-8000-00000000ffff"), 404, "not_found"),
            (lambda client: client.stop(COMPLETED_RUN), 409, "conflict"),
            (lambda client: client.retry(COMPLETED_RUN), 409, "conflict"),
            (lambda client: client.run("no id"), 422, "invalid"),
            (lambda client: client.invoke("01920000-0000-7000-8000-000000000301", labels={"No": "label"}), 422, "invalid"),
            (lambda client: client.request("DELETE", "/v1/users/me"), 405, "method_not_allowed"),
        ],
    )
    async def test_have_status_code_and_request_id(self, client: AsyncClient, call: Any, status: int, code: str) -> None:
        with pytest.raises(ApiProblem) as raised:
            await call(client)
        assert (raised.value.status, raised.value.code) == (status, code)
        assert raised.value.request_id
        assert isinstance(raised.value, InvalidRequest) == (status == 422)

    async def test_of_a_key_and_of_rights(self) -> None:
        async with AsyncClient(URL, "wr_one_unknown") as stranger:
            with pytest.raises(ApiProblem) as raised:
                await stranger.me()
            assert (raised.value.status, raised.value.code) == (401, "unauthenticated")
        async with AsyncClient(URL, USER) as user:
            with pytest.raises(ApiProblem) as raised:
                [event async for event in user.audit_events()]
            assert raised.value.code == "forbidden"

    async def test_of_a_runner_end_it(self, leased: NewLeased) -> None:
        runner = Runner(URL, USER)
        runner.handle(await leased())(lambda _: None)
        with pytest.raises(ApiProblem):
            await runner.serve()


class TestALostConnection:
    @pytest.mark.parametrize("fault", ["request lost", "answer lost"])
    async def test_in_any_step_of_a_worker_loses_and_doubles_nothing(
        self, client: AsyncClient, leased: NewLeased, fault: Fault
    ) -> None:
        def handler(run: Run) -> Any:
            run.log("one")
            run.upload("a.txt", "a")
            return run.input["n"] * 2

        async def once(at: int) -> bool:
            """False when the worker has done all without reaching this step."""
            workflow_id = await leased()
            run = await client.invoke(workflow_id, {"n": at})
            transport = FaultyTransport(at, fault)
            await work(workflow_id, handler, transport=transport)
            result = await client.result(run["id"])
            assert (result["status"], result["output"]) == ("COMPLETED", at * 2)
            entries = (await client.log(run["id"]))["entries"]
            assert [(entry["text"], entry["missing_before"]) for entry in entries] == [("one\n", 0)]
            assert [file["name"] for file in await client.artifacts(run["id"])] == ["a.txt"]
            events = Counter([event["type"] async for event in client.events(run["id"])])
            assert (events["LEASED"], events["COMPLETED"], events["LATE_RESULT"]) == (1, 1, 0)
            return transport.has_failed

        reached = await asyncio.gather(*map(once, range(1, 8)))
        # The session, the lease, the file, the log and the result.
        assert reached[:5] == [True] * 5 and not reached[-1]

    async def test_of_a_client_triggers_one_run(self, leased: NewLeased) -> None:
        workflow_id = await leased()
        async with AsyncClient(URL, OWNER, transport=FaultyTransport(1, "answer lost")) as client:
            await client.invoke(workflow_id)
            assert len([run async for run in client.runs(workflow_definition_id=workflow_id)]) == 1


async def start_worker(workflow_id: str, **env: str) -> asyncio.subprocess.Process:
    settings = {**os.environ, "WORKFLOW_RUNS_URL": URL, "WORKFLOW_RUNS_API_KEY": OWNER, **env}
    program = str(Path(__file__).with_name("worker.py"))
    return await asyncio.create_subprocess_exec(
        sys.executable, program, workflow_id, env=settings, stdout=asyncio.subprocess.PIPE
    )


class TestAWorkerProcess:
    async def test_that_is_killed_between_any_two_of_its_calls_loses_and_doubles_nothing(
        self, client: AsyncClient, leased: NewLeased
    ) -> None:
        async def once(at: int) -> tuple[int | None, RunResult]:
            workflow_id = await leased()
            run = await client.invoke(workflow_id)
            first = await start_worker(workflow_id, KILL_AT=str(at))
            code = await first.wait()
            if (await client.run(run["id"]))["status"] == "RUNNING":
                # Nobody waits here for the end of its lease, which is half a minute.
                await client.stop(run["id"])
                await client.retry(run["id"])
            if (await client.run(run["id"]))["status"] != "COMPLETED":
                await work(workflow_id, lambda run: {"by": run.id})
            events = Counter([event["type"] async for event in client.events(run["id"])])
            assert events["COMPLETED"] == 1
            return code, await client.result(run["id"])

        ended = await asyncio.gather(*map(once, range(1, 7)))
        # The session, the lease, the file, a heartbeat with the log, and the result.
        assert [code for code, _ in ended[:5]] == [9] * 5
        assert [result["status"] for _, result in ended] == ["COMPLETED"] * 6

    async def test_that_gets_sigterm_gives_its_run_back_and_ends_with_0(self, client: AsyncClient, leased: NewLeased) -> None:
        workflow_id = await leased()
        run = await client.invoke(workflow_id, {"sleeps": True})
        worker = await start_worker(workflow_id)
        assert worker.stdout is not None
        assert await worker.stdout.readline() == b"working\n"
        worker.send_signal(signal.SIGTERM)
        assert await worker.wait() == 0
        details = await client.details(run["id"])
        assert (details["status"], details["attempt"]) == ("PENDING", 2)
        assert "RELEASED" in [event["type"] async for event in client.events(run["id"])]


async def test_a_file_of_95_mb_arrives_as_it_is(client: AsyncClient, leased: NewLeased, tmp_path: Path) -> None:
    source, to = tmp_path / "source", tmp_path / "to"
    block = os.urandom(1_000_000)
    with source.open("wb") as file:
        for number in range(95):
            file.write(block[number:] + block[:number])
    workflow_id = await leased()
    run = await client.invoke(workflow_id)
    await work(workflow_id, lambda run: run.upload("large.bin", source))
    assert (await client.result(run["id"]))["status"] == "COMPLETED"
    await client.download(run["id"], "large.bin", to)
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (source, to)]
    assert digests[0] == digests[1]


async def test_many_runs_with_a_capacity_of_20_are_all_done_once(client: AsyncClient, leased: NewLeased) -> None:
    done: Counter[int] = Counter()

    async def handler(run: AsyncRun) -> Any:
        done[run.input["n"]] += 1
        return run.input["n"]

    workflow_id = await leased({"max_running": 20})
    batch = await client.invoke_batch(workflow_id, [{"input": {"n": number}} for number in range(RUNS)])
    await work(workflow_id, handler, most=RUNS, capacity=20)
    ended = await client.wait_for_batch(batch["id"], timeout=30)
    assert (ended["completed"], ended["failed"]) == (RUNS, 0)
    assert done == Counter(range(RUNS))


async def test_a_delayed_run_can_be_started_now(client: AsyncClient, leased: NewLeased) -> None:
    workflow_id = await leased()
    later = datetime.now(UTC) + timedelta(hours=2)
    run = await client.invoke(workflow_id, start_after=later, must_start_by=later + timedelta(hours=1))
    assert (await client.explain(run["id"]))["reason"] == "delayed"
    await client.start_now(run["id"])
    await work(workflow_id, lambda _: None)
    assert (await client.wait(run["id"]))["status"] == "COMPLETED"
