"""A complete runner without an address, with nothing but Python's standard library (3.9 or newer).

It asks the service for runs, so no server has to be reachable from the internet. Start from it: put your work into `work`.
docs/runner-protocol.md describes the protocol. Start it with

    RUNNER_KEY='wr_…' SERVICE_URL=https://runs.example.com python3 examples/runner-python/lease.py
"""

from __future__ import annotations

import base64
import collections
import hashlib
import json
import os
import platform
import random
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from datetime import datetime

SERVICE_URL = os.environ.get("SERVICE_URL", "http://localhost:8787")
RUNNER_KEY = os.environ.get("RUNNER_KEY", "")
RUNNER_NAME = os.environ.get("RUNNER_NAME", platform.node())
CAPACITY = int(os.environ.get("CAPACITY", "1"))
WORK_SECONDS = float(os.environ.get("WORK_SECONDS", "5"))
WAIT_SECONDS = int(os.environ.get("WAIT_SECONDS", "30"))
RETRY_SECONDS = float(os.environ.get("RETRY_SECONDS", "2"))
ANSWER_TIMEOUT_SECONDS = 15
STEPS = 4
LOG_BYTES = 1_000_000  # The service stores 1 MiB of the log, and the last 256 KiB of a longer one.
END_BYTES = 256 * 1024
ENTRY_LENGTH = 2_500  # So an entry of the log has less than 32 KiB, and a heartbeat with two of them less than 64 KiB.
SHUT_DOWN = "The runner was shut down."

shut_down = threading.Event()
session = {"token": ""}
free_places = threading.Semaphore(CAPACITY)
refusals: list[str] = []


class Unfinished(Exception):
    """Raised when the work must end before it is done. The text says why."""


class Lease:
    """A run that this runner holds: its calls to the service, and whether its work must end."""

    def __init__(self, lease: dict) -> None:
        self.run = lease
        self.name = f"{lease['run_id']}.{lease['attempt']}"
        self.deadline = datetime.fromisoformat(lease["deadline_at"].replace("Z", "+00:00")).timestamp()
        self.progress: dict | None = None
        self.reason: str | None = None
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._text = ""
        self._entries: list[dict] = []  # Those that are not stored yet. What has got a number keeps it.
        self._sequence = 0
        self._log_bytes = 0
        self._end: collections.deque[bytes] = collections.deque()
        self._omitted_bytes = 0

    def call(self, verb: str, body: dict) -> tuple[int, dict]:
        url = self.run["callback_url"].removesuffix("/callback") + "/" + verb
        return post(url, self.run["callback_token"], body)

    def say(self, percent: int, message: str) -> None:
        """Adds a line to the run's log, and says how far the work is. The next heartbeat carries both."""
        log(self.name, f"{percent} %: {message}")
        self.progress = {"percent": percent, "message": message[:500]}
        line = message + "\n"
        with self._lock:
            self._log_bytes += len(line.encode())
            if self._log_bytes <= LOG_BYTES:
                self._text += line
                return
            self._end.append(line.encode())
            while sum(map(len, self._end)) > END_BYTES:
                self._omitted_bytes += len(self._end.popleft())

    def store(self, name: str, content: bytes, content_type: str) -> None:
        """Stores a file of the run, up to 95 MB. The same name again replaces it."""
        url = self.run["callback_url"].removesuffix("/callback") + "/artifacts/" + name
        headers = {
            "Authorization": f"Bearer {self.run['callback_token']}",
            "Content-Type": content_type,
            "Content-Digest": f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:",
        }
        while True:
            self.check()
            status, answer = send(urllib.request.Request(url, data=content, headers=headers, method="PUT"), 300)
            if status in (200, 201):
                return
            if is_final(status) or answer.get("type", "").endswith(":artifacts_unavailable"):
                raise Unfinished(f"The file {name} was not stored: {answer.get('detail', status)}")
            rest()

    def end(self, reason: str | None = None) -> None:
        if self.reason is None:
            self.reason = reason
        self._ended.set()

    def pause(self, seconds: float) -> None:
        """Sleeps, but not longer than until the work must end."""
        until = min(time.time() + seconds, self.deadline)
        while time.time() < until and not self._ended.is_set() and not shut_down.is_set():
            self._ended.wait(min(0.2, max(0.0, until - time.time())))

    def check(self) -> None:
        """Raises `Unfinished` if the work must end. Call it between the steps of your work."""
        if self.reason is not None:
            raise Unfinished(self.reason)
        if time.time() >= self.deadline:
            raise Unfinished("The deadline has passed.")
        if shut_down.is_set():
            raise Unfinished(SHUT_DOWN)

    def beat(self) -> None:
        """Sends heartbeats until the work has ended, with the progress and the log.

        Both are gathered for as long as the service says: it knows whether somebody follows the run.
        """
        interval, within, sent_at = self.run["heartbeat_interval_seconds"], 1.0, time.monotonic()
        most_entries = 2
        while not self._ended.wait(min(within, interval)):
            has_news = self.progress or (most_entries and (self._text or self._entries))
            if not has_news and time.monotonic() - sent_at + within <= interval:
                continue
            self._number()
            progress, self.progress, entries = self.progress, None, self._entries[:most_entries]
            body = {"progress": progress} if progress else {}
            status, answer = self.call("heartbeat", {**body, "log": entries} if entries else body)
            sent_at = time.monotonic()
            if status in (404, 409):
                self.end("The run is not ours any more.")
            elif answer.get("stop"):
                self.end("It was asked to stop.")
            if status == 200:
                del self._entries[: len(entries)]
            else:
                self.progress = self.progress or progress
            if status == 422:
                most_entries = 0  # A service of version 0.2.0 takes no log here. Then all of it is sent before the result.
            within = answer.get("log_within_ms", within * 1000) / 1000

    def send_rest_of_log(self) -> None:
        """The rest of the log precedes the result, which closes it. At last comes the end of a long log."""
        self._number()
        first_of_end = self._sequence
        self._text = b"".join(self._end).decode()
        self._number()
        for entry in self._entries:
            if entry["sequence"] >= first_of_end:
                entry["omitted_bytes"] = self._omitted_bytes if entry["sequence"] == first_of_end else 0
            self.call("log", entry)

    def _number(self) -> None:
        with self._lock:
            text, self._text = self._text, ""
        for start in range(0, len(text), ENTRY_LENGTH):
            self._entries.append({"sequence": self._sequence, "text": text[start : start + ENTRY_LENGTH]})
            self._sequence += 1


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


def work(lease: Lease) -> object:
    """Your work. It raises when it fails, and soon after it must end. Returns its output.

    Files are stored by `lease.store("report.pdf", content, "application/pdf")`.
    """
    ask_first(lease.run)
    snapshot = lease.run["run_snapshot"]
    for step in range(STEPS):
        lease.check()
        lease.say(100 * step // STEPS, f"Reads {paths(snapshot['sources'])}, writes to {paths(snapshot['outputs'])}")
        lease.pause(WORK_SECONDS / STEPS)
    lease.check()
    return {"input": lease.run["input"]}


def execute(lease: Lease) -> None:
    """Works on a run, and says how it ended. A runner that shuts down gives it back."""
    beating = threading.Thread(target=lease.beat, daemon=True)
    beating.start()
    verb, said = "callback", {}
    try:
        said = {"status": "COMPLETED", "output": work(lease)}
        json.dumps(said, allow_nan=False)  # An output that cannot be written as JSON fails the run.
    except Suspended as suspended:
        verb, said = "suspend", {"waits": suspended.waits}
    except Exception as error:  # Whatever it is, the run has failed, and its people want to know why.
        text = str(error) or type(error).__name__
        if text == SHUT_DOWN:
            verb = "release"
        else:
            said = {"status": "FAILED", "error": text[:4000]}
    lease.end()
    beating.join()
    lease.send_rest_of_log()
    tries = 0
    while time.time() < lease.deadline:
        status, answer = lease.call(verb, said)
        log(lease.name, verb, json.dumps(said), str(status))
        if status in (413, 422) and "output" in said:  # For example, it is too large.
            said = {"status": "FAILED", "error": f"The result was refused: {json.dumps(answer)}"[:4000]}
            continue
        if is_final(status):
            break
        time.sleep(pause_after(tries))  # Not `rest`, which a shutdown ends at once.
        tries += 1
    free_places.release()


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """Does not follow redirects: each request carries a credential, which no other server must get."""

    def redirect_request(self, *_: object) -> None:
        return None


http = urllib.request.build_opener(NoRedirects)


def post(url: str, token: str, body: dict, timeout: float = ANSWER_TIMEOUT_SECONDS) -> tuple[int, dict]:
    """Sends a request once. Status 0: no answer came, or one of Cloudflare in place of the service."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return send(urllib.request.Request(url, data=json.dumps(body).encode(), headers=headers, method="POST"), timeout)


def send(request: urllib.request.Request, timeout: float) -> tuple[int, dict]:
    try:
        try:
            with http.open(request, timeout=timeout) as response:
                return response.status, json.loads(response.read() or b"{}")
        except urllib.error.HTTPError as response:  # An answer, too.
            with response:
                if response.headers.get("cf-mitigated") == "challenge":
                    log("Cloudflare challenges this runner as a bot: docs/operations.md, “Bots”. It tries again.")
                    return 0, {}
                return response.code, json.loads(response.read() or b"{}")
    except Exception:
        return 0, {}


def is_final(status: int) -> bool:
    return status not in (0, 429) and status < 500


def pause_after(tries: int) -> float:
    """How long to pause before a request is tried again: random, so that many runners do not come back together, and longer each time."""
    return RETRY_SECONDS * 2 ** min(tries, 5) * random.uniform(0.5, 1)


def rest(tries: int = 0) -> None:
    shut_down.wait(pause_after(tries))


def give_up(why: str) -> None:
    """Shuts the runner down, since the service refuses it. The runs that it holds are given back."""
    refusals.append(why)
    shut_down.set()


def open_session() -> str:
    """The token of a new session; empty when the runner is shut down first."""
    while not shut_down.is_set():
        status, answer = post(
            f"{SERVICE_URL}/v1/runner-sessions", RUNNER_KEY, {"name": RUNNER_NAME, "capacity": CAPACITY})
        if status == 201:
            session["token"] = answer["token"]
            return answer["token"]
        if is_final(status):
            give_up(f"The service does not accept the key: {status}")
        else:
            rest()
    return ""


def close_session() -> None:
    """From then on no run is leased to this runner, also not one that it gives back."""
    if session["token"]:
        post(f"{SERVICE_URL}/v1/runner-sessions/close", session["token"], {}, 1)


def lease_one(token: str, after: str | None) -> tuple[int, dict]:
    """Asks for a run until the answer is final, or the runner is shut down."""
    wait = WAIT_SECONDS
    # Without an answer the run may be leased already: the same request is answered with the same lease.
    request_id = str(uuid.uuid4())
    tries = 0
    while True:
        question = {"request_id": request_id, "wait_seconds": wait, "max": 1, "after": after}
        status, answer = post(f"{SERVICE_URL}/v1/leases", token, question, wait + ANSWER_TIMEOUT_SECONDS)
        if is_final(status) or shut_down.is_set():
            break
        if status == 503:  # Where nobody can wait, a request that does not want to is answered.
            wait = 0
        rest(tries)
        tries += 1
    if wait == 0 and not answer.get("leases"):
        rest()
    return status, answer


def take_runs() -> None:
    """Asks for runs until the runner is shut down."""
    token = open_session()
    after: str | None = None
    refused_sessions = 0
    if token:
        log(f"The runner {RUNNER_NAME} asks {SERVICE_URL} for runs.")
    while not shut_down.is_set():
        if not free_places.acquire(timeout=0.2):
            continue
        if shut_down.is_set():
            break
        status, answer = lease_one(token, after)
        if shut_down.is_set() and status != 200:
            break
        leases = answer.get("leases", [])
        after = answer.get("after")
        if status == 401:
            # The session has ended. When the next one is refused, too, new ones are opened after growing pauses.
            if refused_sessions > 0:
                rest(refused_sessions)
            refused_sessions += 1
            token = open_session()
        elif status == 200:
            refused_sessions = 0
        else:
            give_up(f"/v1/leases: {status} {json.dumps(answer)}")
        for lease in leases:
            threading.Thread(target=execute, args=(Lease(lease),), daemon=False).start()
        if not leases:
            free_places.release()


def paths(parts: list[dict]) -> str:
    return ", ".join(part["materialized_path"] for part in parts)


def log(*words: str) -> None:
    print(*words, flush=True)


def main() -> None:
    if not RUNNER_KEY:
        sys.exit("Set RUNNER_KEY to a runner key: POST /v1/runner-keys makes one.")
    asked_to_stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked_to_stop.set())
    taking = threading.Thread(target=take_runs, daemon=True)
    taking.start()
    while taking.is_alive() and not shut_down.is_set() and not asked_to_stop.is_set():
        taking.join(0.2)
    close_session()
    shut_down.set()
    # A request that waits ends with the process. What the runner holds is given back, so that another one can take it at once.
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.current_thread():
            thread.join()
    if refusals:
        sys.exit(refusals[0])


if __name__ == "__main__":
    main()
