"""Triggers a run of the workflow of count_words.py, and waits for its result.

    python3 invoke.py "to be or not to be"
"""

import sys

from workflow_runs import Client

with Client() as client:
    workflow_id = next(workflow["id"] for workflow in client.workflows() if workflow["name"] == "Count words")
    run = client.invoke(workflow_id, {"text": " ".join(sys.argv[1:])})
    result = client.result(run["id"])
    print(result["status"], result["output"])
