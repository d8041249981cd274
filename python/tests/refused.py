"""Makes calls that are refused, and prints what each raises: for `test/python/kits.ts`."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from workflow_runs import ApiProblem, Client, InvalidRequest


def refusal_of(key: str, method: str, *args: Any) -> dict[str, Any]:
    options = args[-1] if args and isinstance(args[-1], dict) else {}
    with Client(os.environ["WORKFLOW_RUNS_URL"], key) as client:
        try:
            came = getattr(client, method)(*(args[:-1] if options else args), **options)
            list(came)
        except ApiProblem as problem:
            is_invalid = isinstance(problem, InvalidRequest)
            return {"status": problem.status, "code": problem.code, "is_invalid": is_invalid, "has_id": bool(problem.request_id)}
    raise AssertionError(f"{method} was not refused.")


print(json.dumps([refusal_of(*call) for call in json.loads(sys.argv[1])]))
