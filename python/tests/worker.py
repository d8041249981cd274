"""The worker in Python for `test/python/kits.ts`: `test/python/worker.ts` is the same in TypeScript."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from faulty import FaultyTransport
from scripted import Script

from workflow_runs.runner import Runner

folder = tempfile.TemporaryDirectory()


def tell(value: Any) -> None:
    print(json.dumps(value), flush=True)


def large_file(size: int) -> Path:
    path = Path(folder.name, "large")
    path.write_bytes(os.urandom(size))
    tell(hashlib.sha256(path.read_bytes()).hexdigest())
    return path


def start(lane: dict[str, Any]) -> tuple[Runner, FaultyTransport]:
    transport = FaultyTransport(lane.get("at", 0), lane.get("fault"))
    runner = Runner(name="worker", capacity=lane.get("capacity", 1), transport=transport)
    script = Script(tell=tell, on_caught=tell, next_call=transport.next_call, large_file=large_file)
    runner.handle(lane["workflow"])(script.async_handler if lane["is_async"] else script.handler)
    return runner, transport


async def serve(runners: list[Runner], lanes: list[dict[str, Any]]) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        stops.extend(loop.create_task(runner.stop()) for runner in runners)

    stops: list[asyncio.Task[None]] = []
    loop.add_signal_handler(signal.SIGTERM, stop)
    await asyncio.gather(*[runner.serve(most=lane.get("most")) for runner, lane in zip(runners, lanes, strict=True)])
    await asyncio.gather(*stops)


lanes: list[dict[str, Any]] = json.loads(sys.argv[1])
started = [start(lane) for lane in lanes]
if len(started) == 1:
    started[0][0].run(most=lanes[0].get("most"))
else:
    asyncio.run(serve([runner for runner, _ in started], lanes))
# Whether each lane has met its fault.
tell([transport.has_failed for _, transport in started])
