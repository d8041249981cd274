"""A complete self-hosted runner, with nothing but Python's standard library (3.9 or newer).

It takes runs, works on them for a few seconds and says how they ended. Start from it: put your work into `work`.
docs/runner-protocol.md describes the protocol. Start it with

    WEBHOOK_SECRET='whsec_…' PORT=8080 python3 examples/runner-python/runner.py
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import random
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOST = os.environ.get("HOST", "127.0.0.1")
PORT = int(os.environ.get("PORT", "8788"))
WEBHOOK_SECRET = os.environ.get("WEBHOOK_SECRET", "")
WORK_SECONDS = float(os.environ.get("WORK_SECONDS", "5"))
CALLBACK_RETRY_SECONDS = float(os.environ.get("CALLBACK_RETRY_SECONDS", "5"))
MAX_BODY_BYTES = 1024 * 1024
CALLBACK_TIMEOUT_SECONDS = 15
# Longer than any run may last: no message about a run can arrive so long after its dispatch.
FORGET_AFTER_SECONDS = 25 * 3600
SHUT_DOWN = "The runner was shut down."


class Unfinished(Exception):
    """Raised when the work must end before it is done. The text says why."""


class Attempt:
    """One attempt of a run: whether its work must end, and why. Any thread may use it."""

    def __init__(self) -> None:
        self.known_since = time.monotonic()
        self.is_begun = False
        self.is_stopped = False
        self.deadline = float("inf")
        self._reason: str | None = None
        self._ended = threading.Event()

    def end(self, reason: str) -> None:
        """Ends the work. The first reason stands."""
        if self._reason is None:
            self._reason = reason
        self._ended.set()

    def stop(self) -> None:
        self.is_stopped = True
        self.end("It was stopped.")

    def is_wanted(self) -> bool:
        """False when the service does not accept a result any more."""
        return not self.is_stopped and time.time() < self.deadline

    def is_ended(self) -> bool:
        return self._ended.is_set()

    def check(self) -> None:
        """Raises `Unfinished` if the work must end. Call it between the steps of your work."""
        if time.time() >= self.deadline:
            self.end("The deadline has passed.")
        if self.is_ended():
            raise Unfinished(self._reason)

    def pause(self, seconds: float) -> None:
        """Sleeps, but not longer than until the work must end."""
        self._ended.wait(max(0.0, min(seconds, self.deadline - time.time(), threading.TIMEOUT_MAX)))


# The attempts by the `webhook-id` of their dispatch. Store the ids in a database if your runner may restart.
attempts: dict[str, Attempt] = {}
attempts_lock = threading.Lock()
workers: set[threading.Thread] = set()
shut_down = threading.Event()


class Suspended(Exception):
    """Raised by your work to suspend the run until all of this has come. Its next attempt begins anew, and has the outcomes."""

    def __init__(self, waits: list[dict]) -> None:
        super().__init__("The run is suspended.")
        self.waits = waits


def ask_first(run: dict) -> None:
    """An input `{"ask": "Go on?"}` lets the work ask people first: docs/suspend.md."""
    question = (run["input"] or {}).get("ask")
    if isinstance(question, str) and "ask" not in run.get("resume", {}).get("outcomes", {}):
        raise Suspended([{"key": "ask", "kind": "question", "prompt": question}])


def work(name: str, run: dict, attempt: Attempt) -> None:
    """Your work. It raises when it fails, and soon after the attempt has ended.

    Files are stored by `store(run, "report.pdf", content, "application/pdf")`.
    """
    ask_first(run)
    snapshot = run["run_snapshot"]
    log(name, f"reads {paths(snapshot['sources'])}, follows {paths(snapshot['instructions'])}")
    log(name, f"writes to {paths(snapshot['outputs'])}, with the input {json.dumps(run['input'])}")
    attempt.pause(WORK_SECONDS)
    attempt.check()


def execute(name: str, run: dict, attempt: Attempt) -> None:
    """Works on an attempt and reports its result. The callback is retried until its answer is final."""
    try:
        attempt.check()
        work(name, run, attempt)
        result = {"status": "COMPLETED"}
    except Suspended as suspended:
        result = {"waits": suspended.waits}
    except Exception as error:  # Whatever it is, the run has failed, and its people want to know why.
        result = {"status": "FAILED", "error": (str(error) or type(error).__name__)[:4000]}
        log(name, f"failed: {result['error']}")
    tries = 0
    while attempt.is_wanted():
        has_ended = attempt.is_ended()
        if call_back(name, run, result) or has_ended:
            break
        # Random and longer each time, so that many runners do not come back at the same instant.
        attempt.pause(CALLBACK_RETRY_SECONDS * 2 ** min(tries, 4) * random.uniform(0.5, 1))
        tries += 1


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """Does not follow redirects: the callback carries a credential, which no other server must get."""

    def redirect_request(self, *_: object) -> None:
        return None


http = urllib.request.build_opener(NoRedirects)


def store(run: dict, name: str, content: bytes, content_type: str) -> None:
    """Stores a file of the run, up to 95 MB. The same name again replaces it. Raises when the service refuses it."""
    url = run["callback_url"].removesuffix("/callback") + "/artifacts/" + name
    headers = {
        "Authorization": f"Bearer {run['callback_token']}",
        "Content-Type": content_type,
        "Content-Digest": f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:",
    }
    while True:
        try:
            with http.open(urllib.request.Request(url, data=content, headers=headers, method="PUT"), timeout=300):
                return
        except urllib.error.HTTPError as response:
            with response:
                if not is_challenge(response):
                    raise
        time.sleep(CALLBACK_RETRY_SECONDS)


def is_challenge(response: urllib.error.HTTPError) -> bool:
    """True for a page of Cloudflare in place of the service's answer: it says nothing of the request, which is sent again."""
    is_one = response.headers.get("cf-mitigated") == "challenge"
    if is_one:
        log("Cloudflare challenges this runner as a bot: docs/operations.md, “Bots”. It tries again.")
    return is_one


def call_back(name: str, run: dict, result: dict) -> bool:
    """True when the answer is final: the result was recorded, or the service does not accept it any more."""
    request = urllib.request.Request(
        run["callback_url"].removesuffix("/callback") + "/suspend" if "waits" in result else run["callback_url"],
        data=json.dumps(result).encode(),
        headers={"Authorization": f"Bearer {run['callback_token']}", "Content-Type": "application/json"},
        method="POST",
    )
    try:
        try:
            with http.open(request, timeout=CALLBACK_TIMEOUT_SECONDS) as response:
                status, text = response.status, response.read()
        except urllib.error.HTTPError as response:  # An answer, too.
            with response:
                status, text = response.code, response.read()
                if is_challenge(response):
                    return False
    except Exception as error:  # No answer: refused, cut, too late.
        log(name, f"could not call back: {error}")
        return False
    log(name, f"said {result.get('status', 'suspend')}, and was answered {status} {text.decode(errors='replace')}")
    return status < 500 and status != 429


def obey(message: dict) -> None:
    """Handles a message. The service waits for at most 15 s, so the work goes on after the answer."""
    kind, data = message["type"], message["data"]
    if kind not in ("workflow_run.dispatched", "workflow_run.stopping", "workflow_run.stopped"):
        return
    name = f"{data['run_id']}.{data['attempt']}"
    with attempts_lock:
        forget_old_attempts()
        attempt = attempts.setdefault(name, Attempt())
        if shut_down.is_set():
            attempt.end(SHUT_DOWN)
        if kind == "workflow_run.stopped":
            # A stop may arrive before its dispatch. The attempt must then not be begun.
            attempt.stop()
            return
        if kind == "workflow_run.stopping":
            # The run goes on until the result is there, so that is still reported.
            attempt.end("It was asked to stop.")
            return
        if attempt.is_begun or attempt.is_stopped:
            log(name, "came again" if attempt.is_begun else "was stopped before it came")
            return
        attempt.is_begun = True
        attempt.deadline = datetime.fromisoformat(data["deadline_at"].replace("Z", "+00:00")).timestamp()
        worker = threading.Thread(target=execute, args=(name, data, attempt))
        workers.add(worker)
        worker.start()


def forget_old_attempts() -> None:
    oldest = time.monotonic() - FORGET_AFTER_SECONDS
    for name in [name for name, attempt in attempts.items() if attempt.known_since < oldest]:
        del attempts[name]
    workers.difference_update([worker for worker in workers if not worker.is_alive()])


def is_signed(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whatever is wrong with a message makes it unsigned: this never raises."""
    try:
        key = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
        timestamp = headers["webhook-timestamp"]
        content = f"{headers['webhook-id']}.{timestamp}.".encode() + body
        mine = b"v1," + base64.b64encode(hmac.digest(key, content, "sha256"))
        is_recent = abs(int(time.time()) - int(timestamp)) <= 300
        signatures = headers["webhook-signature"].encode().split(b" ")
        return is_recent and any(hmac.compare_digest(mine, signature) for signature in signatures)
    except (KeyError, ValueError):
        return False


class Handler(BaseHTTPRequestHandler):
    timeout = 15  # Seconds in which a message must have arrived.

    def do_POST(self) -> None:
        try:
            if self.headers["Transfer-Encoding"]:
                raise ValueError("It has no Content-Length, which this server needs.")
            length = int(self.headers["Content-Length"] or 0)
            if not 0 <= length <= MAX_BODY_BYTES:
                raise ValueError("The body is too long.")
            body = self.rfile.read(length)
            headers = {key.lower(): value for key, value in self.headers.items()}
            if not is_signed(WEBHOOK_SECRET, headers, body):
                raise ValueError("It is not signed with our secret, or its time is not now.")
            obey(json.loads(body))
            status = 202
        except Exception as error:
            log("Refused a message:", str(error))
            status = 401
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *_: object) -> None:
        """Prints nothing: the lines of `log` say more than the server's own."""


def paths(parts: list[dict]) -> str:
    return ", ".join(part["materialized_path"] for part in parts)


def log(*words: str) -> None:
    print(*words, flush=True)


def main() -> None:
    try:
        if not WEBHOOK_SECRET:
            raise ValueError
        if WEBHOOK_SECRET.startswith("whsec_"):
            base64.b64decode(WEBHOOK_SECRET[6:], validate=True)
    except ValueError:
        sys.exit("Set WEBHOOK_SECRET to the webhook secret of your workflow definition.")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: shut_down.set())
    server = ThreadingHTTPServer((HOST, PORT), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    log(f"The runner listens on http://localhost:{server.server_port}")

    shut_down.wait()
    server.shutdown()
    # The runs in progress are reported as FAILED now, instead of timing out at their deadlines.
    with attempts_lock:
        for attempt in attempts.values():
            attempt.end(SHUT_DOWN)
        unfinished = list(workers)
    for worker in unfinished:
        worker.join()


if __name__ == "__main__":
    main()
