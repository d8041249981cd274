"""The signature of webhooks, by the vectors of docs/runner-protocol.md."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from signing import SECRET, signed

from workflow_runs import InvalidWebhook, Webhook, verify, webhook

#: The message of a stop in docs/runner-protocol.md, byte for byte.
BODY = (
    b'{"type":"workflow_run.stopping","timestamp":"2026-01-31T12:01:00.456Z","data":{"run_id":"01920000-0000-7000-8000-000000000405",'
    b'"attempt":1,"reason":"Wrong folder","ends_at":"2026-01-31T12:02:00.456Z"}}'
)
HEADERS = {
    "Webhook-Id": "01920000-0000-7000-8000-000000000405.1.stopping.1769860920456",
    "webhook-timestamp": "1769860860",
    "webhook-signature": "v1,X5XSnsWaaDgGn7mUU+pkBihNReOe5D3wd0Dwt95rWsI=",
}
OTHER = "whsec_bm90IHRoaXMgb25l"


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda instant: monkeypatch.setattr(time, "time", lambda: instant)


class TestVerify:
    @pytest.mark.parametrize("secret", [SECRET, [OTHER, SECRET]])
    @pytest.mark.parametrize("body", [BODY, BODY.decode()])
    def test_takes_what_is_signed_with_one_of_the_secrets(self, at: Any, secret: Any, body: Any) -> None:
        at(1769860860)
        message = verify(HEADERS, body, secret)
        assert (message.id, message.type, message.data["reason"]) == (HEADERS["Webhook-Id"], "workflow_run.stopping", "Wrong folder")

    def test_takes_a_secret_that_is_no_base64_and_one_of_several_signatures(self) -> None:
        headers, body = signed("some.type", {}, "correct hörse battery staple")
        headers["webhook-signature"] = f"v1a,AAAA v1,AAAA {headers['webhook-signature']}"
        assert verify(httpx.Headers(headers), body, "correct hörse battery staple").type == "some.type"

    @pytest.mark.parametrize(
        "change",
        [
            {"webhook-signature": "v1,AAAA"},
            {"webhook-signature": ""},
            {"webhook-signature": "v1,ä"},
            {"webhook-timestamp": "1769860861"},
            {"webhook-timestamp": "soon"},
            {"Webhook-Id": "another"},
        ],
    )
    def test_refuses_what_was_changed(self, at: Any, change: dict[str, str]) -> None:
        at(1769860860)
        with pytest.raises(InvalidWebhook):
            verify({**HEADERS, **change}, BODY, SECRET)
        with pytest.raises(InvalidWebhook):
            verify(HEADERS, BODY + b" ", SECRET)
        with pytest.raises(InvalidWebhook):
            verify({}, BODY, SECRET)

    @pytest.mark.parametrize("seconds", [-301, 301])
    def test_refuses_what_is_more_than_five_minutes_old_or_early(self, at: Any, seconds: int) -> None:
        at(1769860860 + seconds)
        with pytest.raises(InvalidWebhook, match="five minutes"):
            verify(HEADERS, BODY, SECRET)

    @pytest.mark.parametrize("body", ["[]", "no JSON", '{"type": "t"}', '{"data": {}}'])
    def test_refuses_a_body_that_is_no_message(self, body: str) -> None:
        headers, raw = signed("", {}, SECRET, body)
        with pytest.raises(InvalidWebhook):
            verify(headers, raw, SECRET)

    @pytest.mark.parametrize("secret", ["", [], [SECRET, ""], "whsec_no base64"])
    def test_needs_a_secret(self, secret: Any) -> None:
        with pytest.raises(ValueError):
            verify(HEADERS, BODY, secret)


def sender(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://runner.example.com")


class TestTheDecorator:
    async def test_calls_the_function_with_each_verified_message_with_or_without_async(self) -> None:
        seen: list[Webhook] = []

        @webhook(SECRET)
        async def later(message: Webhook) -> None:
            seen.append(message)

        @webhook(SECRET)
        def at_once(message: Webhook) -> int:
            seen.append(message)
            return 202

        for app, status in ((later, 204), (at_once, 202)):
            headers, body = signed("workflow_run.failed", {"run_id": "r"})
            async with sender(app) as http:
                assert (await http.post("/", headers=headers, content=body)).status_code == status
        assert [(message.type, message.data) for message in seen] == [("workflow_run.failed", {"run_id": "r"})] * 2

    async def test_refuses_what_is_not_signed_too_large_or_no_post(self) -> None:
        @webhook(SECRET)
        def never(_: Webhook) -> None:
            raise AssertionError

        headers, body = signed("t", {}, OTHER)
        async with sender(never) as http:
            refused = await http.post("/", headers=headers, content=body)
            assert (refused.status_code, refused.text) == (401, "The message is not signed with our secret.\n")
            assert (await http.post("/", content=b"x" * (1024 * 1024))).status_code == 401
            assert (await http.get("/")).status_code == 405

    async def test_reads_no_more_than_a_megabyte(self) -> None:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"x" * 300_000, "more_body": True}

        async def send(message: Any) -> None:
            sent.append(message)

        await webhook(SECRET)(lambda _: None)({"type": "http", "method": "POST", "headers": []}, receive, send)
        assert sent[0]["status"] == 413

    async def test_starts_and_ends_with_a_server_that_tells_it(self) -> None:
        told: list[str] = []
        messages = iter(["lifespan.startup", "lifespan.shutdown"])

        async def receive() -> dict[str, Any]:
            return {"type": next(messages)}

        async def send(message: Any) -> None:
            told.append(message["type"])

        await webhook(SECRET)(lambda _: None)({"type": "lifespan"}, receive, send)
        assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
