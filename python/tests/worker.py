"""A worker for the tests, as a process: `worker.py <workflow id>`. With KILL_AT it dies at one of its requests."""

from __future__ import annotations

import os
import sys
import time

from faulty import FaultyTransport

from workflow_runs.runner import Run, Runner

runner = Runner(name="worker", transport=FaultyTransport(int(os.environ.get("KILL_AT", 10**9)), "killed"))


@runner.handle(sys.argv[1])
def work(run: Run) -> dict[str, str]:
    print("working", flush=True)
    if run.input.get("sleeps"):
        while not run.stopped.wait(0.05):
            pass
        run.check()
    run.log("one")
    run.upload("a.txt", "a")
    time.sleep(1.2)
    return {"by": run.id}


runner.run()
