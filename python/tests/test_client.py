"""The client against a fake service: the same cases as those of the TypeScript client, in client/test/client.test.ts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from fake_service import RUN_ID, FakeService, a_run, answer, busy, challenge, cut_stream, frame, news, problem, stream

from workflow_runs import ApiProblem, Client, InvalidRequest

URL = "https://runs.example.com"
EU1 = "https://eu1.runs.example.com"


def client_of(service: FakeService, url: str = f"{URL}/", **options: Any) -> Client:
    return Client(url, options.pop("api_key", "wr_key"), transport=service.transport, **options)


class TestAnApiKeyThatCannotBeSent:
    @pytest.mark.parametrize("key", ["wr_first\nsecond", "wr_first second", "wr_first\a", "wr_“first”"])
    def test_is_refused_without_repeating_it_before_anything_is_sent(self, key: str) -> None:
        service = FakeService(answer({}))
        with pytest.raises(ValueError, match=r"^The API key contains a blank, a line break or another character that no key has\. (?!.*first)"):
            client_of(service, api_key=key)
        with pytest.raises(ValueError, match="Was it copied as a whole"):
            client_of(service, api_key=lambda: key).me()
        assert service.asked == []

    def test_is_not_one_with_blanks_around_it_such_as_the_end_of_the_line_of_a_file(self) -> None:
        service = FakeService(answer({}))
        client_of(service, api_key="wr_key\n").me()
        assert service.headers("Authorization") == ["Bearer wr_key"]


class TestSettings:
    def test_come_from_the_environment_or_from_the_login(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        with pytest.raises(ValueError, match="It is not known where the service is"):
            Client()
        (tmp_path / "workflow-runs").mkdir()
        (tmp_path / "workflow-runs/login.json").write_text(json.dumps({"url": URL, "api_key": "wr_login"}))
        service = FakeService(answer({}))
        Client(transport=service.transport).me()
        monkeypatch.setenv("WORKFLOW_RUNS_API_KEY", "wr_environment")
        Client(transport=service.transport).me()
        monkeypatch.delenv("WORKFLOW_RUNS_API_KEY")
        # A key belongs to one service.
        Client("https://other.example.com", transport=service.transport).me()
        assert service.headers("Authorization") == ["Bearer wr_login", "Bearer wr_environment", None]


class TestRetries:
    def test_send_an_invoke_again_with_the_same_key(self, pauses: list[float]) -> None:
        service = FakeService(busy(), busy(429), httpx.ConnectError("reset"), answer(a_run("RUNNING"), 202))
        assert client_of(service).invoke("w", {"quarter": "Q1"}) == a_run("RUNNING")
        assert len(set(service.headers("Idempotency-Key"))) == 1
        assert [request.content for request in service.asked] == [b'{"input":{"quarter":"Q1"}}'] * 4
        assert [least <= pause <= 2 * least for least, pause in zip([0.25, 0.5, 1], pauses, strict=True)] == [True] * 3

    @pytest.mark.parametrize("refusal", [busy(), busy(429), httpx.ReadError("reset")])
    def test_never_send_a_request_again_that_is_not_idempotent(self, refusal: Any) -> None:
        service = FakeService(refusal)
        with pytest.raises((ApiProblem, httpx.ReadError)):
            client_of(service).retry(RUN_ID)
        assert len(service.asked) == 1

    @pytest.mark.parametrize("lost", [busy(), httpx.ReadError("reset")])
    def test_take_a_404_to_a_delete_as_done_when_an_earlier_try_may_have_done_it(self, lost: Any, pauses: list[float]) -> None:
        service = FakeService(lost, problem(404, "not_found"))
        client_of(service).delete(RUN_ID)
        assert [request.method for request in service.asked] == ["DELETE", "DELETE"]

    @pytest.mark.parametrize("refused", [[], [busy(429)]])
    def test_leave_any_other_404_as_it_is(self, refused: list[httpx.Response], pauses: list[float]) -> None:
        for method, answers in (("DELETE", refused), ("GET", [busy()])):
            with pytest.raises(ApiProblem) as raised:
                client_of(FakeService(*answers, problem(404, "not_found"))).request(method, "/v1/x")
            assert raised.value.status == 404

    def test_wait_a_little_longer_than_retry_after_says(self, pauses: list[float]) -> None:
        service = FakeService(problem(429, "too_many_requests", {"Retry-After": "7"}), answer(a_run("FAILED")))
        assert client_of(service).run(RUN_ID) == a_run("FAILED")
        assert 7.25 <= pauses[0] <= 7.5

    def test_give_up_after_four_tries_or_a_longer_pause_than_a_minute(self, pauses: list[float]) -> None:
        down = FakeService(busy())
        with pytest.raises(ApiProblem) as raised:
            client_of(down).run(RUN_ID)
        assert (raised.value.status, len(down.asked)) == (503, 4)
        long = FakeService(problem(503, "database_unavailable", {"Retry-After": "61"}))
        with pytest.raises(ApiProblem, match=r"Do this\."):
            client_of(long).run(RUN_ID)
        assert len(long.asked) == 1


def cells(right: str, named: str | None = None) -> FakeService:
    """A service at which every cell answers 421 but this one."""

    def at_cell(request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(right):
            return answer(a_run("RUNNING"), 202)
        return problem(421, "misdirected", {"Location": named or right})

    return FakeService(at_cell)


class TestAKeyOfAnotherCell:
    def test_is_followed_once_with_the_same_request_and_asked_there_from_then_on(self) -> None:
        service, told = cells(EU1), list[str]()
        client = client_of(service, on_cell=told.append)
        assert client.url == URL
        client.invoke("w", {"quarter": "Q1"}, idempotency_key="k")
        client.run(RUN_ID)
        invoke = "/v1/workflow-definitions/w/invoke"
        assert [(str(request.url), request.content) for request in service.asked] == [
            (f"{URL}{invoke}", b'{"input":{"quarter":"Q1"}}'),
            (f"{EU1}{invoke}", b'{"input":{"quarter":"Q1"}}'),
            (f"{EU1}/v1/workflow-runs/{RUN_ID}", b""),
        ]
        assert (client.url, told) == (EU1, [EU1])

    @pytest.mark.parametrize(
        ("url", "named"),
        [
            (URL, "https://runs.example.org"),
            (URL, "http://eu1.runs.example.com"),
            (URL, "https://runs.example.com.evil.example"),
            (URL, "https://user@eu1.runs.example.com"),
            ("https://a.co.uk", "https://b.co.uk"),
            ("https://runs.mine.workers.dev", "https://runs.other.workers.dev"),
            ("https://10.0.0.1", "https://10.0.0.2"),
            (URL, URL),
            (URL, "not a url"),
        ],
    )
    def test_goes_nowhere_else(self, url: str, named: str) -> None:
        service = cells("https://nowhere.example", named)
        with pytest.raises(ApiProblem) as raised:
            client_of(service, url).run(RUN_ID)
        assert (raised.value.status, raised.value.code, len(service.asked)) == (421, "misdirected", 1)

    def test_is_not_followed_a_second_time(self) -> None:
        service = cells("https://us1.runs.example.com", EU1)
        with pytest.raises(ApiProblem) as raised:
            client_of(service).run(RUN_ID)
        assert (raised.value.cell_url, len(service.asked)) == (EU1, 2)

    @pytest.mark.parametrize(
        ("url", "named", "confirmed"),
        [
            ("https://us1.runs.example.com", EU1, []),
            (EU1, URL, []),
            ("https://a.mine.workers.dev", "https://b.mine.workers.dev", []),
            ("http://localhost:8787", "http://127.0.0.1:8887", []),
            (URL, "https://runs.example.org", ["https://runs.example.org/"]),
        ],
    )
    def test_goes_to_a_cell_of_the_same_service_or_a_confirmed_one(self, url: str, named: str, confirmed: list[str]) -> None:
        service = cells(named)
        client_of(service, url, cells=confirmed).run(RUN_ID)
        assert len(service.asked) == 2


class TestProblems:
    def test_say_what_to_do_by_code_and_request_id(self) -> None:
        with pytest.raises(ApiProblem, match=r"^Do this\.$") as raised:
            client_of(FakeService(problem(404, "not_found"))).run(RUN_ID)
        found = raised.value
        assert (found.status, found.code, found.detail, found.request_id) == (404, "not_found", "Do this.", "r-1")
        assert not found.is_temporary

    def test_list_the_faults_of_a_422(self) -> None:
        faults = [{"loc": ["body", "input"], "type": "too_long", "msg": "Is too long."}]
        with pytest.raises(InvalidRequest, match=r"^input: Is too long\.$") as raised:
            client_of(FakeService(answer({"detail": faults}, 422))).invoke("w")
        assert raised.value.faults == faults

    def test_describe_an_answer_that_is_not_json_and_refuse_an_invalid_url(self) -> None:
        with pytest.raises(ApiProblem, match="^The answer was 502 Bad Gateway, without an explanation"):
            client_of(FakeService(httpx.Response(502, html="<html>"))).stop(RUN_ID)
        with pytest.raises(ValueError, match=r"https://runs\.example\.com"):
            Client("runs.example.com")

    def test_name_a_challenge_of_cloudflare_as_what_it_is(self) -> None:
        with pytest.raises(ApiProblem, match="^Cloudflare has answered in place of the service") as raised:
            client_of(FakeService(challenge())).run(RUN_ID)
        found = raised.value
        assert (found.status, found.code, found.is_temporary, found.request_id) == (403, "challenged", True, "r-2")

    def test_are_shown_by_the_name_under_which_they_are_imported(self) -> None:
        assert f"{ApiProblem.__module__}.{ApiProblem.__qualname__}" == "workflow_runs.ApiProblem"


class TestWaiting:
    def test_asks_with_prefer_wait_until_the_run_has_ended(self) -> None:
        applied = {"Preference-Applied": "wait=30"}
        service = FakeService(answer(a_run("RUNNING"), 200, applied), answer(a_run("COMPLETED"), 200, applied))
        assert client_of(service).wait(RUN_ID)["status"] == "COMPLETED"
        assert service.headers("Prefer") == ["wait=30", "wait=30"]

    def test_pauses_between_reads_when_the_service_does_not_wait(self, pauses: list[float]) -> None:
        service = FakeService(answer(a_run("RUNNING")), answer(a_run("RUNNING")), answer(a_run("FAILED")))
        assert client_of(service).result(RUN_ID)["status"] == "FAILED"
        assert pauses == [2, 2]
        assert service.paths == [f"/v1/workflow-runs/{RUN_ID}/result"] * 3

    def test_gives_up_after_the_timeout_and_asks_for_no_longer(self) -> None:
        service = FakeService(answer(a_run("RUNNING"), 200, {"Preference-Applied": "wait"}))
        with pytest.raises(TimeoutError, match="within 0.05 seconds"):
            client_of(service).wait(RUN_ID, timeout=0.05)
        assert service.headers("Prefer")[0] == "wait=1"

    def test_for_a_batch_ends_when_none_of_its_runs_waits_or_runs(self, pauses: list[float]) -> None:
        service = FakeService(answer({"ended_at": None}), answer({"ended_at": "2026-01-31T12:00:00Z"}))
        assert client_of(service).wait_for_batch("b")["ended_at"] is not None
        assert len(service.asked) == 2


class TestWatching:
    def test_continues_after_the_last_event_when_the_connection_is_lost(self, pauses: list[float]) -> None:
        service = FakeService(
            cut_stream(news(1, "PENDING"), news(2, "RUNNING")),
            busy(),
            stream(),
            stream(news(3, "COMPLETED"), news(4, "COMPLETED")),
        )
        seen = [one.event["id"] for one in client_of(service).watch(RUN_ID) if one.event]
        assert seen == [1, 2, 3, 4]
        assert service.headers("Last-Event-ID") == [None, "2", "2", "2"]

    def test_has_progress_and_log_between_the_events(self, pauses: list[float]) -> None:
        progress = {"attempt": 1, "percent": 40, "message": "Reading"}
        # A line of the stream ends at CR or LF only, and not at this character.
        entry = {"attempt": 1, "sequence": 0, "at": "2026-01-31T12:00:00Z", "text": "one\u2028line", "missing_before": 0}
        service = FakeService(
            cut_stream(news(1, "RUNNING"), frame(None, "progress", progress), frame(2, "log", entry)),
            stream(news(3, "COMPLETED")),
        )
        seen = [one.progress or one.log or one.message.id for one in client_of(service).watch(RUN_ID, log=True)]
        assert seen == ["1", progress, entry, "3"]
        assert service.paths == [f"/v1/workflow-runs/{RUN_ID}/stream?log=true"] * 2
        assert service.headers("Last-Event-ID")[1] == "2"

    def test_continues_where_the_stream_began(self, pauses: list[float]) -> None:
        begun: list[str] = []
        service = FakeService(
            httpx.Response(200, content=b"retry: 3000\nid: 1.2.3\n\n:\n\n"), stream(frame(4, "E", {})), problem(404, "not_found")
        )
        with pytest.raises(ApiProblem):
            for _ in client_of(service).stream("/v1/events/stream", on_begin=begun.append):
                pass
        assert (begun, service.headers("Last-Event-ID")[1]) == (["1.2.3"], "1.2.3")

    def test_continues_after_the_position_that_a_comment_named(self, pauses: list[float]) -> None:
        begun: list[str] = []
        content = b"retry: 3\nid: 1.2.3\n\nid: 1.2.5\ndata: {}\n\n:\nretry: 3\nid: 1.2.9\n\n"
        service = FakeService(httpx.Response(200, content=content), problem(404, "not_found"))
        with pytest.raises(ApiProblem):
            for _ in client_of(service).stream("/v1/events/stream", on_begin=begun.append):
                pass
        assert (begun, service.headers("Last-Event-ID")[1]) == (["1.2.3"], "1.2.9")

    def test_comes_back_after_the_time_that_the_service_names_at_most_a_minute(self, pauses: list[float]) -> None:
        service = FakeService(
            httpx.Response(200, content=b"retry: 14000\n\n"),
            httpx.Response(200, content=b"retry: 90000\n\n"),
            problem(503, "database_unavailable", {"Retry-After": "20"}),
            stream(news(4, "COMPLETED")),
        )
        reasons: list[str] = []
        assert len(list(client_of(service, tries=1).watch(RUN_ID, on_retry=reasons.append))) == 1
        assert pauses[:2] == [14, 60]
        # Retry-After, and half a second to a second more.
        assert 20.5 <= pauses[2] <= 21
        assert reasons == ["Do this."]

    def test_ends_on_204_and_raises_errors_that_a_retry_would_not_change(self) -> None:
        ended = FakeService(httpx.Response(204))
        assert list(client_of(ended).watch(RUN_ID, after="9")) == []
        assert ended.headers("Last-Event-ID") == ["9"]
        with pytest.raises(ApiProblem, match="Do this"):
            list(client_of(FakeService(problem(404, "not_found"))).watch(RUN_ID))


class TestLists:
    def test_are_read_page_by_page_as_the_items_are_consumed(self) -> None:
        service = FakeService(answer({"items": [1, 2], "next_cursor": "c"}), answer({"items": [3], "next_cursor": None}))
        seen: list[Any] = [(run, len(service.asked)) for run in client_of(service).runs(status=["FAILED", "PENDING"])]
        assert seen == [(1, 1), (2, 1), (3, 2)]
        assert service.paths == [
            "/v1/workflow-runs?status=FAILED&status=PENDING&limit=100",
            "/v1/workflow-runs?status=FAILED&status=PENDING&limit=100&cursor=c",
        ]

    def test_with_pages_by_offset_end_at_the_total_even_when_items_disappear(self) -> None:
        service = FakeService(answer({"items": [1, 2], "total": 5}), answer({"items": [], "total": 5}))
        items: list[Any] = list(client_of(service).workflows())
        assert items == [1, 2]
        assert [path.split("?")[1] for path in service.paths] == ["offset=0&limit=100", "offset=2&limit=100"]

    def test_of_the_feed_end_when_there_is_no_more_although_it_goes_on_later(self) -> None:
        service = FakeService(
            answer({"items": [1], "next_cursor": "1", "has_more": True}), answer({"items": [], "next_cursor": "2", "has_more": False})
        )
        items: list[Any] = list(client_of(service).feed(types="workflow_run.failed"))
        assert items == [1]
        assert service.paths[1] == "/v1/events?types=workflow_run.failed&limit=100&after=1"


def test_a_download_replaces_the_file_only_when_all_of_it_has_arrived(tmp_path: Path) -> None:
    to = tmp_path / "report.pdf"
    to.write_text("old")
    with pytest.raises(httpx.ReadError):
        client_of(FakeService(cut_stream())).download(RUN_ID, "report.pdf", to)
    assert [path.name for path in tmp_path.iterdir()] == ["report.pdf"]
    assert to.read_text() == "old"
    client_of(FakeService(httpx.Response(200, content=b"new"))).download(RUN_ID, "report.pdf", to)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("report.pdf", "new")]
