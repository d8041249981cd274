"""A worker: it counts the words of each run of a workflow, and makes that workflow if there is none.

    python3 count_words.py
"""

import logging

from workflow_runs import Client
from workflow_runs.runner import Run, RunLogHandler, Runner

runner = Runner()


@runner.handle("Count words")
def count(run: Run) -> dict[str, int]:
    logging.info("Counting the words of %s", run.id)
    words = run.input["text"].split()
    run.progress(50, "counted")
    run.upload("words.txt", "\n".join(words))
    return {"words": len(words)}


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    logging.getLogger().addHandler(RunLogHandler())
    with Client() as client:
        if not any(workflow["name"] == "Count words" for workflow in client.workflows()):
            client.create_workflow(
                {
                    "name": "Count words",
                    "runner_type": "SELF_HOSTED",
                    # A folder to read, a document to follow and a folder to write to, of the demo data.
                    "source_path_part_ids": ["01920000-0000-7000-8000-000000000103"],
                    "instruction_path_part_ids": ["01920000-0000-7000-8000-000000000104"],
                    "output_path_part_ids": ["01920000-0000-7000-8000-000000000105"],
                },
                {"handover": "lease"},
            )
    runner.run()
