"""What the runner kit does beside the cases that both kits have, which are in test_kit_cases.py."""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import logging
import weakref
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fake_service import answer, busy, challenge, problem
from runner_service import RUN_ID, SERVICE, FakeService, Reply, assignment, dispatcher, in_seconds, lease, work_of

from workflow_runs import ApiProblem
from workflow_runs.runner import AsyncRun, Result, Run, RunLogHandler, Runner, WorkEnded, WorkFailed


pytestmark = pytest.mark.usefixtures("quick")

OTHER_ID = "01920000-0000-7000-8000-00000000030a"

#: As JSON writes them. client/test/number-cases.ts has the same.
NUMBERS: dict[str, list[str]] = json.loads(Path(__file__).with_name("number-cases.json").read_text())
UNCHANGED = [json.loads(number) for number in NUMBERS["unchanged"]]
#: Python reads a number with a point or an exponent as a double, so a handler can return only the others.
CHANGED = [number for number in map(json.loads, NUMBERS["changed"]) if isinstance(number, int)]


async def until_stopped(run: AsyncRun) -> None:
    await run.stopped.wait()
    run.check()


async def seconds_left(run: AsyncRun) -> float:
    """Works until it is stopped. Returns how many seconds are left then."""
    run.progress(1)
    await run.stopped.wait()
    with pytest.raises(WorkEnded) as ended:
        run.check()
    assert ended.value.ends_at is not None
    return (ended.value.ends_at - datetime.now(UTC)).total_seconds()


class TestAHandler:
    @pytest.mark.parametrize("is_async", [False, True])
    async def test_gets_the_run_and_its_output_log_and_progress_arrive(self, is_async: bool) -> None:
        seen: list[tuple[Any, ...]] = []

        def work(run: Any) -> Any:
            seen.append((run.id, run.attempt, run.input, run.snapshot["workflow_name"]))
            run.log("Reading")
            run.progress(40, "reading")
            run.progress(message="read")
            return {"pages": 3}

        async def later(run: AsyncRun) -> Any:
            return work(run)

        service = FakeService(lease())
        await work_of(service, later if is_async else work)
        assert seen == [(RUN_ID, 1, {"quarter": "Q1"}, "Quarterly report")]
        assert service.log() == "Reading\n"
        assert service.of("callback") == [{"status": "COMPLETED", "output": {"pages": 3}}]

    async def test_may_return_nothing_or_a_result_with_more_than_its_output(self) -> None:
        results = iter([None, Result(False, "Done", [{"name": "a", "url": "https://a.example"}])])
        service = FakeService(lease("a"), lease("b"))
        await work_of(service, lambda _: next(results), most=2)
        assert service.of("callback") == [
            {"status": "COMPLETED"},
            {"status": "COMPLETED", "output": False, "summary": "Done", "artifacts": [{"name": "a", "url": "https://a.example"}]},
        ]

    async def test_that_raises_fails_the_run_and_its_log_has_the_traceback(self) -> None:
        def work(_: Run) -> None:
            raise LookupError("No such folder")

        service = FakeService(lease())
        await work_of(service, work)
        assert service.of("callback") == [{"status": "FAILED", "error": "LookupError: No such folder"}]
        text = service.log()
        assert text.startswith('Traceback (most recent call last):\n  File "') and "in work\n" in text
        assert "_attempt.py" not in text

    @pytest.mark.parametrize("error", [SystemExit(3), StopIteration(), KeyboardInterrupt(), asyncio.CancelledError()])
    @pytest.mark.parametrize("is_async", [False, True])
    async def test_ends_no_more_than_its_run_whatever_it_raises(self, error: BaseException, is_async: bool) -> None:
        def work(_: Any) -> None:
            raise error

        async def later(run: Any) -> None:
            work(run)

        service = FakeService(lease())
        await work_of(service, later if is_async else work)
        assert [result["status"] for result in service.of("callback")] == ["FAILED"]

    @pytest.mark.parametrize("output", [object(), float("nan"), {1, 2}])
    async def test_fails_when_its_output_is_no_json(self, output: object) -> None:
        service = FakeService(lease())
        await work_of(service, lambda _: output)
        assert service.of("callback")[0]["status"] == "FAILED"

    async def test_is_found_by_the_id_or_the_name_of_the_workflow_and_a_run_without_one_fails(self) -> None:
        snapshots = [{"workflow_name": "A", "workflow_definition_id": "1"}, {"workflow_name": "B", "workflow_definition_id": OTHER_ID}]
        service = FakeService(
            *[lease(str(number), run_snapshot=snapshot) for number, snapshot in enumerate(snapshots)],
            lease("3", run_snapshot={"workflow_name": "C", "workflow_definition_id": "3"}),
            # The service answers a runner key so, which can only lease runs.
            **{"workflow-definitions": [problem(401, "unauthenticated")]},
        )
        runner = Runner(SERVICE, "wr_key", transport=service.transport)
        runner.handle("A")(lambda _: "by name")
        runner.handle(OTHER_ID.upper())(lambda _: "by id")
        await runner.serve(most=3)
        assert service.of("callback") == [
            {"status": "COMPLETED", "output": "by name"},
            {"status": "COMPLETED", "output": "by id"},
            {"status": "FAILED", "error": "LookupError: This runner has no handler for the workflow 'C'."},
        ]

    async def test_named_by_workflow_takes_only_the_runs_of_that(self) -> None:
        page = answer({"items": [{"id": "w1", "name": "A"}, {"id": "w2", "name": "B"}], "total": 2})
        service = FakeService(lease(), **{"workflow-definitions": [page]})
        runner = Runner(SERVICE, "wr_key", name="office", capacity=3, transport=service.transport)
        runner.handle("B", RUN_ID)(lambda _: None)
        runner.handle("A")(lambda _: None)
        await runner.serve(most=1)
        ids = sorted([RUN_ID, "w1", "w2"])
        (session,) = service.of("runner-sessions")
        assert {**session, "workflow_definition_ids": sorted(session["workflow_definition_ids"])} == {
            "name": "office",
            "capacity": 3,
            "workflow_definition_ids": ids,
        }
        missing = Runner(SERVICE, "wr_key", transport=FakeService(**{"workflow-definitions": [page]}).transport)
        missing.handle("C")(lambda _: None)
        with pytest.raises(LookupError, match="no workflow 'C'"):
            await missing.serve()
        with pytest.raises(LookupError, match="no handler"):
            await Runner(SERVICE, "wr_key").serve()


class TestASuspension:
    @pytest.mark.parametrize("is_async", [False, True])
    async def test_is_not_caught_by_except_exception_and_ends_the_handler_through_its_finally(self, is_async: bool) -> None:
        seen: list[str] = []

        def work(run: Run) -> None:
            try:
                run.ask("pay", "Pay?")
            except Exception:
                seen.append("caught")
            finally:
                seen.append("finally")

        async def later(run: AsyncRun) -> None:
            try:
                await run.ask("pay", "Pay?")
            except Exception:
                seen.append("caught")
            finally:
                seen.append("finally")

        service = FakeService(lease(), suspend=[answer({"suspended": True, "outcomes": None})])
        await work_of(service, later if is_async else work)
        assert (seen, service.of("callback"), service.of("release")) == (["finally"], [], [])

    async def test_of_a_task_among_others_ends_the_attempt(self) -> None:
        async def work(run: AsyncRun) -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(run.ask("pay", "Pay?"))
                group.create_task(run.stopped.wait())

        service = FakeService(lease(), suspend=[answer({"suspended": True, "outcomes": None})])
        await work_of(service, work)
        assert service.of("callback") == []

    async def test_lasts_for_a_time_or_until_an_instant(self) -> None:
        instant = datetime(2026, 2, 1, tzinfo=UTC)
        service = FakeService(lease("a"), lease("b"), suspend=[answer({"suspended": True, "outcomes": None})] * 2)
        times: Iterator[datetime | timedelta] = iter([timedelta(seconds=1.2), instant])
        await work_of(service, lambda run: run.sleep("later", next(times)), most=2)
        seconds, until = [body["waits"][0] for body in service.of("suspend")]
        assert seconds == {"key": "later", "kind": "timer", "seconds": 2}
        assert datetime.fromisoformat(until["at"]) == instant

    async def test_of_a_runner_with_a_url_ends_without_a_callback_and_goes_on_with_the_next_dispatch(self) -> None:
        service = FakeService(suspend=[answer({"suspended": True, "outcomes": None})])
        runner, send = dispatcher(service, lambda run: run.ask("pay", "Pay?")["value"])
        await send("workflow_run.dispatched")
        await service.until("suspend")
        outcomes = {"pay": {"kind": "question", "outcome": "answered", "value": "yes"}}
        await send("workflow_run.dispatched", assignment(attempt=2, resume={"outcomes": outcomes, "checkpoints": 0}))
        assert await service.until("callback") == [{"status": "COMPLETED", "output": "yes"}]
        await runner.stop()


async def test_a_step_returns_what_json_keeps_of_its_value_and_fails_with_one_that_is_no_json() -> None:
    service = FakeService(lease("a"), lease("b"))
    values: Iterator[Any] = iter([("a", 1), object()])
    await work_of(service, lambda run: run.step("ocr", lambda: next(values)), most=2)
    assert service.of("ocr") == [{"value": ["a", 1]}]
    kept, failed = service.of("callback")
    assert kept == {"status": "COMPLETED", "output": ["a", 1]}
    assert failed["error"].startswith("TypeError: ")


class TestFiles:
    @pytest.mark.parametrize("is_async", [False, True])
    async def test_are_texts_or_paths(self, is_async: bool, tmp_path: Path) -> None:
        (tmp_path / "scan").write_bytes(b"\x01\x02")

        def work(run: Run) -> None:
            run.upload("a.csv", "a,b")
            run.upload("scan", tmp_path / "scan", content_type="image/png")

        async def later(run: AsyncRun) -> None:
            await run.upload("a.csv", "a,b")
            await run.upload("scan", tmp_path / "scan", content_type="image/png")

        service = FakeService(lease())
        await work_of(service, later if is_async else work)
        assert service.of("a.csv") == [b"a,b"]
        assert service.of("scan") == [b"\x01\x02"]
        assert service.of("callback") == [{"status": "COMPLETED"}]

    async def test_may_grow_while_they_are_sent(self, tmp_path: Path) -> None:
        path = tmp_path / "work.log"
        path.write_bytes(b"\x01\x02")

        async def grow() -> httpx.Response:
            path.write_bytes(b"\x01\x02\x03")
            return busy()

        service = FakeService(lease(), work__log=[grow])
        await work_of(service, lambda run: run.upload("work.log", path))
        assert service.of("work.log") == [b"\x01\x02"] * 2

    async def test_fail_the_run_at_once_when_no_request_can_be_made_of_them(self) -> None:
        error = httpx.LocalProtocolError("Illegal header value b'text/plain\\n'")
        service = FakeService(lease(), a__csv=[error])
        await work_of(service, lambda run: run.upload("a.csv", "a,b", content_type="text/plain\n"))
        assert service.of("callback") == [{"status": "FAILED", "error": f"httpx.LocalProtocolError: {error}"}]

    async def test_have_an_output_of_more_than_64_kib(self) -> None:
        service = FakeService(lease("a"), lease("b"))
        outputs = iter(["x" * 65_534, "x" * 65_535])
        await work_of(service, lambda _: Result(next(outputs), "Much"), most=2)
        told = "The output is the file output.json: it has 65537 bytes, and the output of a run at most 65536."
        kept, stored = service.of("callback")
        assert (len(kept["output"]), stored) == (65_534, {"status": "COMPLETED", "summary": f"Much\n{told}"})
        assert json.loads(service.of("output.json")[0]) == "x" * 65_535
        assert service.log() == f"{told}\n"

    @pytest.mark.parametrize("output", [*CHANGED, {"id": -(2**63)}, [10**400], json.loads("[" * 32 + "]" * 32)])
    async def test_have_an_output_with_a_number_that_would_be_rounded_or_too_many_levels(self, output: Any) -> None:
        service = FakeService(lease())
        await work_of(service, lambda _: output)
        assert json.loads(service.of("output.json")[0]) == output
        assert service.of("callback")[0]["summary"].startswith("The output is the file output.json: ")

    @pytest.mark.parametrize("output", [*UNCHANGED, -1, True, json.loads("[" * 31 + "]" * 31)])
    async def test_have_no_other_output(self, output: Any) -> None:
        service = FakeService(lease())
        await work_of(service, lambda _: output)
        assert service.of("callback") == [{"status": "COMPLETED", "output": output}]


class TestTheLog:
    async def test_is_sent_in_entries_of_at_most_32_kib_in_order(self) -> None:
        texts = ["x" + "😀" * 20_000, "\x1b" * 20_000, "a" * 70_000, "half \ud83d of a pair"]
        service = FakeService(lease())
        await work_of(service, lambda run: [run.log(text) for text in texts] and None)
        assert service.log() == "".join(f"{text}\n" for text in texts).replace("\ud83d", "?")
        entries = [entry for beat in service.of("heartbeat") for entry in beat.get("log", [])] + service.of("log")
        assert max(len(entry["text"].encode()) for entry in entries) <= 32 * 1024
        bodies = [*service.of("heartbeat"), *service.of("log")]
        assert max(len(json.dumps(body, ensure_ascii=False).encode()) for body in bodies) <= 64 * 1024

    async def test_sends_an_entry_again_with_the_same_number(self) -> None:
        service = FakeService(log=[httpx.ReadError("reset"), busy()])
        runner, send = dispatcher(service, lambda run: run.log("a"))
        await send("workflow_run.dispatched")
        await service.until("callback")
        await runner.stop()
        assert service.of("log") == [{"sequence": 0, "text": "a\n"}] * 3

    async def test_ends_when_the_service_has_refused_it(self) -> None:
        beat = answer({"log": {"is_cut": False, "conflicts": [0]}})
        service = FakeService(lease(), log=[problem(409, "conflict")], heartbeat=[beat] * 9)
        await work_of(service, lambda run: run.log("a" * 90_000))
        assert len(service.of("log")) <= 1
        assert service.of("callback") == [{"status": "COMPLETED"}]

    @pytest.mark.parametrize("end", [answer({"is_cut": True}), answer({"detail": []}, 422)])
    async def test_sends_what_was_cut_as_its_end_which_the_service_may_not_take(self, end: httpx.Response) -> None:
        service = FakeService(log=[answer({"is_cut": True}), end])
        runner, send = dispatcher(service, lambda run: run.log("a"))
        await send("workflow_run.dispatched")
        await service.until("callback")
        await runner.stop()
        assert service.of("log") == [{"sequence": 0, "text": "a\n"}, {"sequence": 0, "text": "a\n", "omitted_bytes": 0}]

    async def test_holds_no_more_than_the_service_stores_and_sends_the_end_of_a_longer_one_last(self) -> None:
        lines = [f"This is line {n} of a long log, and all are alike.\n" for n in range(60_000)]
        service = FakeService(lease())
        await work_of(service, lambda run: [run.log(line[:-1]) for line in lines] and None)
        whole = "".join(lines)
        end = [entry for entry in service.of("log") if "omitted_bytes" in entry]
        end_text = "".join(entry["text"] for entry in end)
        begin = service.log().removesuffix(end_text)
        assert whole.startswith(begin)
        assert 1024 * 1024 < len(begin) < 1.1 * 1024 * 1024
        assert whole.endswith(end_text)
        assert end_text.startswith("This is line ")
        assert 255 * 1024 < len(end_text) <= 256 * 1024
        assert [entry["omitted_bytes"] for entry in end] == [len(whole) - len(begin) - len(end_text), *[0] * (len(end) - 1)]

    async def test_ends_with_the_work_although_something_of_it_goes_on_to_log(self) -> None:
        others: list[asyncio.Task[None]] = []

        async def work(run: AsyncRun) -> None:
            async def go_on() -> None:
                while True:
                    run.log("more")
                    await asyncio.sleep(0)

            others.append(asyncio.create_task(go_on()))

        async def stored() -> httpx.Response:
            await asyncio.sleep(0)
            return answer({"is_cut": False})

        service = FakeService(lease(), log=itertools.repeat(stored))
        await work_of(service, work)
        others[0].cancel()
        assert service.of("callback") == [{"status": "COMPLETED"}]

    @pytest.mark.parametrize("is_async", [False, True])
    async def test_has_nothing_of_what_httpx_logs_about_the_calls_of_the_kit(self, is_async: bool) -> None:
        log = logging.getLogger("httpx")
        handler = RunLogHandler()
        log.addHandler(handler)
        log.setLevel(logging.INFO)

        def work(run: Run) -> None:
            log.info("Asks")
            run.upload("a.csv", "a,b")
            run.ask("pay", "Pay?")

        async def later(run: AsyncRun) -> None:
            log.info("Asks")
            await run.upload("a.csv", "a,b")
            await run.ask("pay", "Pay?")

        service = FakeService(lease(), suspend=[answer({"suspended": True, "outcomes": None})])
        try:
            await work_of(service, later if is_async else work)
        finally:
            log.removeHandler(handler)
            log.setLevel(logging.NOTSET)
        assert service.log() == "Asks\n"

    async def test_has_what_the_handler_logs_and_nothing_of_others(self) -> None:
        log = logging.getLogger("test_runner")
        handler = RunLogHandler(logging.INFO)
        log.addHandler(handler)
        log.setLevel(logging.INFO)

        async def work(run: AsyncRun) -> None:
            log.info("one of %s", run.input["quarter"])
            await asyncio.to_thread(log.warning, "two")
            log.debug("too small")

        service = FakeService(lease())
        try:
            log.info("outside")
            await work_of(service, work)
        finally:
            log.removeHandler(handler)
        assert service.log() == "one of Q1\ntwo\n"


class TestHeartbeats:
    async def test_carry_the_log_and_the_latest_progress_and_extend_the_lease_after_every_failure(self) -> None:
        ended = asyncio.Event()

        async def work(run: AsyncRun) -> None:
            run.log("a")
            run.progress(10)
            run.progress(40, "reading")
            await ended.wait()

        replies: list[Reply] = [busy(), httpx.ReadError("reset"), challenge(), answer({"log": {"is_cut": False, "conflicts": []}})]
        service = FakeService(lease(), heartbeat=replies)
        working = asyncio.create_task(work_of(service, work))
        await service.until("heartbeat", 4)
        ended.set()
        await working
        beat = {"progress": {"percent": 40, "message": "reading"}, "log": [{"sequence": 0, "text": "a\n"}]}
        assert service.of("heartbeat")[:4] == [beat] * 4
        assert service.of("log") == []

    async def test_send_the_log_alone_when_the_service_takes_none_with_them(self) -> None:
        ended = asyncio.Event()

        async def work(run: AsyncRun) -> None:
            run.log("a")
            await ended.wait()

        service = FakeService(lease(), heartbeat=[answer({"detail": []}, 422)])
        working = asyncio.create_task(work_of(service, work))
        await service.until("log")
        ended.set()
        await working
        assert service.of("log") == [{"sequence": 0, "text": "a\n"}]

    async def test_carry_a_whole_percentage_from_0_to_100_and_a_text_that_can_be_stored(self) -> None:
        said: list[tuple[Any, object]] = [
            (Decimal("12.7"), LookupError("No such folder")),
            (100.4, "a\0b" + "x" * 500),
            (-1, ""),
            (float("nan"), "unknown"),
            ("50", "a text"),
            ("half", "no number"),
            (10**400, "too large"),
        ]

        async def work(run: AsyncRun) -> None:
            for number, (percent, message) in enumerate(said, 1):
                run.progress(percent, message)
                await service.until("heartbeat", number)

        service = FakeService(lease())
        await work_of(service, work)
        assert [beat["progress"] for beat in service.of("heartbeat")] == [
            {"percent": 13, "message": "No such folder"},
            {"percent": 100, "message": "a\N{REPLACEMENT CHARACTER}b" + "x" * 497},
            {"percent": 0, "message": ""},
            {"message": "unknown"},
            {"percent": 50, "message": "a text"},
            {"message": "no number"},
            {"message": "too large"},
        ]

    async def test_go_on_without_a_progress_that_is_refused_and_after_an_answer_that_nobody_can_read(self) -> None:
        async def work(run: AsyncRun) -> None:
            run.progress(1)
            await service.until("heartbeat", 3)

        service = FakeService(lease(), heartbeat=[answer({"detail": []}, 422), httpx.DecodingError("no gzip")])
        await work_of(service, work)
        assert service.of("heartbeat") == [{"progress": {"percent": 1}}, {}, {}]

    async def test_carry_the_progress_again_when_the_service_takes_no_log_with_them(self) -> None:
        async def work(run: AsyncRun) -> None:
            run.log("a")
            run.progress(1)
            await service.until("heartbeat", 2)

        service = FakeService(lease(), heartbeat=[answer({"detail": []}, 422)])
        await work_of(service, work)
        assert service.of("heartbeat")[1] == {"progress": {"percent": 1}}

    @pytest.mark.parametrize("is_async", [False, True])
    async def test_tell_the_work_that_it_was_stopped_at_its_next_call_and_by_an_event(self, is_async: bool) -> None:
        seen: list[WorkEnded] = []

        def work(run: Run) -> None:
            run.progress(40)
            assert run.stopped.wait(60)
            try:
                run.log("more")
            except WorkEnded as error:
                seen.append(error)
                raise

        async def later(run: AsyncRun) -> None:
            run.progress(40)
            await run.stopped.wait()
            try:
                run.progress(50)
            except WorkEnded as error:
                seen.append(error)
                raise

        ends_at = in_seconds(60)
        service = FakeService(lease(), heartbeat=[answer({"stop": {"reason": "Enough", "ends_at": ends_at}})])
        await work_of(service, later if is_async else work)
        assert [(error.kind, error.ends_at) for error in seen] == [("stopping", datetime.fromisoformat(ends_at))]
        assert service.of("callback") == [{"status": "FAILED", "error": "Stopped: Enough"}]

class TestARunnerThatLeases:
    async def test_tells_the_service_what_its_machine_has(self) -> None:
        service = FakeService(lease())
        await work_of(service, lambda _: None, name="office", tags=["gpu", "eu"])
        assert service.of("runner-sessions") == [{"name": "office", "capacity": 1, "tags": ["gpu", "eu"]}]

    async def test_works_on_as_many_runs_as_its_capacity(self) -> None:
        working, most = 0, 0

        async def work(_: AsyncRun) -> None:
            nonlocal working, most
            working += 1
            most = max(most, working)
            await asyncio.sleep(0.01)
            working -= 1

        service = FakeService(*[lease(str(number)) for number in range(25)])
        await work_of(service, work, most=25, capacity=4)
        assert (most, len(service.of("callback"))) == (4, 25)
        assert max(ask["max"] for ask in service.of("leases")) == 4

    async def test_repeats_a_lost_request_with_the_same_id(self) -> None:
        service = FakeService(lease(), leases=[httpx.ReadError("reset"), busy(), challenge()])
        await work_of(service, lambda _: None)
        asked = service.of("leases")
        assert (len(asked), len({ask["request_id"] for ask in asked})) == (4, 1)

    @pytest.mark.parametrize("reply", [httpx.Response(200, text="<html>"), answer([]), answer({"leases": [{"run_id": "a"}], "after": None})])
    async def test_asks_again_when_something_else_has_answered_in_place_of_the_service(self, reply: httpx.Response) -> None:
        service = FakeService(lease(), leases=[reply], **{"runner-sessions": [reply]})
        await work_of(service, lambda _: None)
        assert service.of("callback") == [{"status": "COMPLETED"}]

    async def test_counts_the_time_that_is_left_by_the_clock_of_the_service_when_its_own_is_an_hour_ahead(self) -> None:
        leases = answer({"leases": [lease(seconds=-3_000)], "after": None})
        leases.headers["Date"] = format_datetime(datetime.now(UTC) - timedelta(hours=1))
        stop = answer({"stop": {"reason": None, "ends_at": in_seconds(60 - 3600)}})
        service = FakeService(leases=[leases], heartbeat=[stop])
        await work_of(service, seconds_left)
        assert [57 < result["output"] <= 60 for result in service.of("callback")] == [True]

    async def test_opens_a_new_session_when_its_session_has_ended(self) -> None:
        service = FakeService(lease(), leases=[problem(401, "unauthenticated")])
        await work_of(service, lambda _: None)
        assert len(service.of("runner-sessions")) == 2

    async def test_asks_without_waiting_when_the_service_cannot_hold_requests(self) -> None:
        service = FakeService(lease(), leases=[problem(503, "streams_unavailable")])
        await work_of(service, lambda _: None)
        assert [ask["wait_seconds"] for ask in service.of("leases")] == [6, 0]

    @pytest.mark.parametrize("verb", ["runner-sessions", "leases"])
    async def test_ends_when_the_service_refuses_it_for_good(self, verb: str) -> None:
        service = FakeService(lease(), **{verb: [problem(403, "forbidden")]})
        with pytest.raises(ApiProblem, match="Do this"):
            await work_of(service, lambda _: None)

    @pytest.mark.parametrize("close", [None, httpx.ReadError("cut")])
    async def test_closes_its_session_before_it_gives_its_runs_back(self, close: Exception | None) -> None:
        service = FakeService(lease("a"), lease("b"), **({} if close is None else {"close": [close]}))
        runner = Runner(SERVICE, "wr_key", capacity=2, transport=service.transport)
        runner.handle()(until_stopped)
        serving = asyncio.create_task(runner.serve())
        await service.until("leases", 1)
        while len(runner._working) < 2:
            await asyncio.sleep(0)
        await runner.stop()
        await serving
        verbs = [name for name, _ in service.calls if name in ("close", "release", "callback")]
        assert verbs == ["close", "release", "release"]

    async def test_has_given_a_run_back_also_when_the_answer_to_that_was_lost(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)
        service = FakeService(lease(), release=[httpx.ReadError("reset"), problem(409, "other_attempt")])
        runner = Runner(SERVICE, "wr_key", transport=service.transport)

        @runner.handle()
        async def work(run: AsyncRun) -> None:
            run.progress(1)
            await until_stopped(run)

        serving = asyncio.create_task(runner.serve())
        await service.until("heartbeat")
        await runner.stop()
        await serving
        assert len(service.of("release")) == 2
        assert f"{RUN_ID}.1: released, The runner was shut down." in caplog.messages

    async def test_gives_a_run_back_although_its_work_does_not_end(self) -> None:
        never = asyncio.Event()
        service = FakeService(lease())
        runner = Runner(SERVICE, "wr_key", transport=service.transport, grace_seconds=0.05)

        @runner.handle()
        async def work(run: AsyncRun) -> None:
            run.progress(1)
            await never.wait()

        serving = asyncio.create_task(runner.serve())
        await service.until("heartbeat")
        await runner.stop()
        await serving
        assert (len(service.of("release")), service.of("callback")) == (1, [])

    async def test_reports_what_is_completed_when_it_ends(self) -> None:
        started = asyncio.Event()

        async def work(run: AsyncRun) -> str:
            started.set()
            await run.stopped.wait()
            return "done"

        service = FakeService(lease())
        runner = Runner(SERVICE, "wr_key", transport=service.transport)
        runner.handle()(work)
        serving = asyncio.create_task(runner.serve())
        await started.wait()
        await runner.stop()
        await serving
        assert service.of("callback") == [{"status": "COMPLETED", "output": "done"}]

    async def test_reports_what_it_finished_while_it_was_cut_off(self) -> None:
        replies: Iterator[Reply] = itertools.chain([httpx.ConnectError("cut off")] * 5, [problem(409, "conflict")])
        service = FakeService(lease(), callback=list(replies), heartbeat=[problem(409, "conflict")] * 3)
        await work_of(service, lambda _: None)
        assert len(service.of("callback")) == 6


class TestARunnerWithAUrl:
    async def test_works_on_a_dispatch_once_and_has_no_heartbeats_without_progress(self) -> None:
        service = FakeService()
        runner, send = dispatcher(service, lambda run: run.log("a"))
        assert [await send("workflow_run.dispatched") for _ in range(2)] == [202, 202]
        await service.until("callback")
        await runner.stop()
        assert [name for name, _ in service.calls] == ["log", "callback"]

    async def test_has_heartbeats_from_its_first_progress_on(self) -> None:
        service = FakeService(heartbeat=[answer({"stop": {"reason": "Enough", "ends_at": in_seconds(60)}})])

        async def work(run: AsyncRun) -> None:
            run.progress(40)
            await until_stopped(run)

        runner, send = dispatcher(service, work)
        await send("workflow_run.dispatched")
        assert await service.until("callback") == [{"status": "FAILED", "error": "Stopped: Enough"}]
        await runner.stop()
        assert service.of("heartbeat") == [{"progress": {"percent": 40}}]

    @pytest.mark.parametrize(("clock_ahead", "way"), [(120, 0), (0, 20)], ids=["a clock that is ahead", "messages that take long"])
    @pytest.mark.parametrize("by_message", [False, True])
    async def test_counts_the_time_that_is_left_by_the_clock_of_the_service(self, by_message: bool, clock_ahead: int, way: int) -> None:
        stop = {"run_id": RUN_ID, "attempt": 1, "reason": None, "ends_at": in_seconds(60 - clock_ahead)}
        service = FakeService(heartbeat=[answer({} if by_message else {"stop": stop})])
        runner, send = dispatcher(service, seconds_left)
        async with asyncio.timeout(10):
            await send("workflow_run.dispatched", assignment(seconds=60 - clock_ahead), ahead=-clock_ahead - way)
            await service.until("heartbeat")
            if by_message:
                await send("workflow_run.stopping", stop, ahead=-clock_ahead - way)
            assert [57 < result["output"] <= 60 for result in await service.until("callback")] == [True]
        await runner.stop()

    async def test_ends_stopped_work_without_a_callback_and_begins_none_whose_stop_came_first(self) -> None:
        begun: list[int] = []
        started, ended = asyncio.Event(), asyncio.Event()

        async def work(run: AsyncRun) -> None:
            begun.append(run.attempt)
            started.set()
            await run.stopped.wait()
            ended.set()

        service = FakeService()
        runner, send = dispatcher(service, work)
        await send("workflow_run.dispatched")
        await started.wait()
        await send("workflow_run.stopped", {"run_id": RUN_ID, "attempt": 1, "reason": "Wrong folder"})
        await ended.wait()
        await send("workflow_run.stopped", {"run_id": RUN_ID, "attempt": 2, "reason": None})
        assert await send("workflow_run.dispatched", {**assignment(), "attempt": 2}) == 202
        await runner.stop()
        assert (begun, service.calls) == ([1], [])

    async def test_reports_a_run_as_failed_whose_dispatch_came_after_a_stop_with_a_grace_and_begins_none_of_its_work(self) -> None:
        begun: list[int] = []
        service = FakeService()
        runner, send = dispatcher(service, lambda run: begun.append(run.attempt))
        for attempt in (1, 2):
            await send("workflow_run.stopping", {"run_id": RUN_ID, "attempt": attempt, "reason": "Enough", "ends_at": in_seconds(60)})
        # After the last word, nothing is reported.
        await send("workflow_run.stopped", {"run_id": RUN_ID, "attempt": 2, "reason": "Enough"})
        for attempt in (1, 2, 1, 2):
            await send("workflow_run.dispatched", assignment(attempt=attempt))
        await service.until("callback")
        await send("workflow_run.stopping", {"run_id": RUN_ID, "attempt": 1, "reason": "Enough"})
        await send("workflow_run.dispatched")
        await runner.stop()
        assert (begun, service.of("callback")) == ([], [{"status": "FAILED", "error": "Stopped: Enough"}])

    async def test_remembers_nothing_of_a_run_that_has_ended(self) -> None:
        seen: list[weakref.ref[AsyncRun]] = []

        async def work(run: AsyncRun) -> None:
            seen.append(weakref.ref(run))

        service = FakeService()
        runner, send = dispatcher(service, work)
        await send("workflow_run.dispatched")
        await service.until("callback")
        while runner._working:
            await asyncio.sleep(0)
        gc.collect()
        assert [run() for run in seen] == [None]

    async def test_reports_unfinished_runs_as_failed_when_it_is_shut_down_and_accepts_no_more(self) -> None:
        service = FakeService()
        runner, send = dispatcher(service, until_stopped)
        await send("workflow_run.dispatched")
        await runner.stop()
        assert service.of("callback") == [{"status": "FAILED", "error": "The runner was shut down."}]
        assert await send("workflow_run.dispatched", {**assignment(), "attempt": 2}) == 503

    async def test_refuses_unsigned_messages_and_accepts_messages_of_unknown_types(self) -> None:
        service = FakeService()
        _, send = dispatcher(service, until_stopped)
        assert await send("workflow_run.dispatched", secret="whsec_bm90IHRoaXMgb25l") == 401
        assert await send("runner.test", {"workflow_definition_id": "w"}) == 202
        assert service.calls == []
