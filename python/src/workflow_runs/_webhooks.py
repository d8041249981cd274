"""Messages of the service, which are signed according to https://www.standardwebhooks.com."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import inspect
import json
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from ._clock import ahead_seconds_of_message

#: A message is refused when its timestamp is further away than this from the clock of this machine.
_TOLERANCE_SECONDS = 300
_MOST_BODY_BYTES = 1024 * 1024

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class InvalidWebhook(Exception):
    """The message is not signed with any of the secrets, is older than five minutes, or is not valid.

    Answer it with 401.
    """


@dataclass(frozen=True)
class Webhook:
    """A verified message. `id` stays the same when a message is sent again: handle each id once.

    `ahead_seconds` is how far the clock of the service was ahead of the one of this machine when the message came.
    """

    id: str
    type: str
    timestamp: str
    data: dict[str, Any]
    ahead_seconds: float = field(default=0, compare=False)


def verify(headers: Mapping[str, str], body: bytes | str, secret: str | Sequence[str]) -> Webhook:
    """Verifies a message of the service, and parses it.

    Args:
        headers: Those of the request, in upper or lower case.
        body: The bytes as they arrived, not JSON that was parsed and serialised again.
        secret: The secret of the workflow or of the notification endpoint. Pass several while one is being replaced.

    Raises:
        InvalidWebhook: Answer it with 401.
        ValueError: A secret is empty, or the text after `whsec_` is no base64.
    """
    keys = [_key_of(one) for one in ([secret] if isinstance(secret, str) else secret)]
    if not keys:
        raise ValueError("There is no secret to verify a webhook with.")
    small = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, timestamp = small["webhook-id"], small["webhook-timestamp"]
        signatures = small["webhook-signature"].encode().split(b" ")
        sent_at = int(timestamp)
    except (KeyError, ValueError):
        raise InvalidWebhook("A header is missing or not valid.") from None
    raw = body.encode() if isinstance(body, str) else body
    content = f"{message_id}.{timestamp}.".encode() + raw
    expected = [b"v1," + base64.b64encode(hmac.digest(key, content, hashlib.sha256)) for key in keys]
    # All are compared, so that the time says nothing about which one fits.
    if not any([hmac.compare_digest(mine, theirs) for mine in expected for theirs in signatures]):
        raise InvalidWebhook("The message is not signed with our secret.")
    if abs(time.time() - sent_at) > _TOLERANCE_SECONDS:
        raise InvalidWebhook("The message is more than five minutes away from our clock.")
    return _parse(message_id, raw, ahead_seconds_of_message(sent_at))


def webhook(
    secret: str | Sequence[str],
) -> Callable[[Callable[[Webhook], int | None | Awaitable[int | None]]], AsgiApp]:
    """Makes an ASGI application of a function that takes a verified message.

    A message that is not signed with the secret is answered 401, and every other one 204, or the status that the function
    returns. A function without `async` runs in a thread.

        @webhook("whsec_…")
        async def notified(message):
            print(message.type, message.data["run_id"])

        app.mount("/notified", notified)
    """

    def decorate(function: Callable[[Webhook], int | None | Awaitable[int | None]]) -> AsgiApp:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "lifespan":
                await _live(receive, send)
            elif scope["type"] == "http":
                status, text = await _answer(function, secret, scope, receive)
                headers = [(b"content-type", b"text/plain; charset=utf-8")] if text else []
                if status == 405:
                    headers.append((b"allow", b"POST"))
                await send({"type": "http.response.start", "status": status, "headers": headers})
                await send({"type": "http.response.body", "body": text.encode()})

        return app

    return decorate


async def _answer(
    function: Callable[[Webhook], int | None | Awaitable[int | None]],
    secret: str | Sequence[str],
    scope: Scope,
    receive: Receive,
) -> tuple[int, str]:
    if scope["method"] != "POST":
        return 405, ""
    body = b""
    while True:
        part = await receive()
        if part["type"] == "http.disconnect":
            return 400, ""
        body += part.get("body", b"")
        if len(body) > _MOST_BODY_BYTES:
            return 413, ""
        if not part.get("more_body", False):
            break
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    try:
        message = verify(headers, body, secret)
    except InvalidWebhook as error:
        return 401, f"{error}\n"
    if inspect.iscoroutinefunction(function):
        return await function(message) or 204, ""
    return cast("int | None", await asyncio.to_thread(function, message)) or 204, ""


async def _live(receive: Receive, send: Send) -> None:
    """The part of ASGI that servers need when the application is not mounted in another one."""
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


def _key_of(secret: str) -> bytes:
    """A secret is `whsec_` followed by a key in base64. Any other text is itself the key."""
    if secret == "":
        raise ValueError("The webhook secret is empty.")
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise ValueError("The text after whsec_ is no base64.") from error


def _parse(message_id: str, body: bytes, ahead_seconds: float) -> Webhook:
    try:
        message = json.loads(body)
    except ValueError:
        raise InvalidWebhook("The body is not JSON.") from None
    if not isinstance(message, dict):
        raise InvalidWebhook("The body is no object.")
    kind, data = message.get("type"), message.get("data")
    if not isinstance(kind, str) or not isinstance(data, dict):
        raise InvalidWebhook("The body has no type or no data.")
    return Webhook(message_id, kind, str(message.get("timestamp")), data, ahead_seconds)
