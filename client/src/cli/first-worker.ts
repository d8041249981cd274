/** The workers that `workflow-runs init` writes: a few lines to begin with, in three languages. */

export type Language = "shell" | "python" | "typescript";

type Worker = {
  file: string;
  /** The command that starts it. `cli` is the command line itself, and both paths are written for a shell. */
  start: (paths: { cli: string; env: string; file: string }) => string;
  text: string;
};

export const WORKERS: Record<Language, Worker> = {
  shell: {
    file: "work.sh",
    start: ({ cli, env, file }) => `${cli} run --env-file ${env} -- sh ${file}`,
    text: `#!/bin/sh
# Works on one run, which it gets as JSON on stdin and in variables. What it prints is the log of the run.
echo "Attempt $WORKFLOW_RUN_ATTEMPT of run $WORKFLOW_RUN_ID"
echo "::progress 50 working"
# With another exit code than 0, the run is FAILED. The last line is its output, if it is JSON.
echo "{\\"done\\": true, \\"input\\": $WORKFLOW_RUN_INPUT}"
`,
  },
  python: {
    file: "work.py",
    start: ({ cli, env, file }) => `${cli} run --env-file ${env} -- python3 ${file}`,
    text: `# Works on one run, which it gets as JSON on stdin. What it prints is the log of the run.
import json
import sys

run = json.load(sys.stdin)
print("Attempt", run["attempt"], "of run", run["run_id"])
print("::progress 50 working")
# With another exit code than 0, the run is FAILED. The last line is its output, if it is JSON.
print(json.dumps({"done": True, "input": run["input"]}))
`,
  },
  typescript: {
    file: "work.mts",
    start: ({ env, file }) => `node --env-file=${env} ${file}`,
    text: `// Asks for runs and works on them, on Node 22.18 or later, in a folder in which the package workflow-runs is installed.
import { createRunner } from "workflow-runs/runner";

const { WORKFLOW_RUNS_URL: url = "", WORKFLOW_RUNS_API_KEY: key = "", WORKFLOW_RUNS_WORKFLOW: id = "" } = process.env;
const runner = createRunner({
  lease: { url, key, workflowIds: [id] },
  async work(run, { log }) {
    log(\`Attempt \${run.attempt} of run \${run.run_id}\\n\`);
    return { output: { done: true, input: run.input } };
  },
});
process.once("SIGINT", () => runner.stop());
await runner.run();
`,
  },
};
