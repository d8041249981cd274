/** The documentation for language models: https://llmstxt.org. */
import type { Operation } from "./examples.ts";
import { GUIDES } from "./guides/guides.ts";
import { setupOf, snippetOf } from "./snippets.ts";

const LIFE = `A run is PENDING while other runs of its workflow have the slots, or until a runner takes it; then RUNNING; and it ends as
COMPLETED or FAILED. A workflow has one slot, or as many as its policy says. A run whose deadline has passed is FAILED from that instant on. A retry of a FAILED run is its next
attempt, with the same snapshot and input.`;

const head = (origin: string) => `# workflow-runs

> The control plane for workflow runs: trigger runs of a workflow, hand them to the team's own runner, follow their state, and
> see how they ended.

## Sign in

Send an API key with each request: \`Authorization: Bearer wr_…\`. People make keys at ${origin}/docs.

\`\`\`sh
${setupOf("curl", origin)}
curl "$WORKFLOW_RUNS_URL/v1/users/me" -H "Authorization: Bearer $WORKFLOW_RUNS_API_KEY"
\`\`\`

An agent can do without requests of its own: ${origin}/mcp has tools that trigger, follow, stop and retry runs, by the Model Context
Protocol and with the same key. Runners need the requests below. ${origin}/docs/agents says how clients connect.

## The life of a run

${LIFE}

\`\`\`sh
curl "$WORKFLOW_RUNS_URL/v1/workflow-definitions?limit=10" -H "Authorization: Bearer $WORKFLOW_RUNS_API_KEY"
curl -X POST "$WORKFLOW_RUNS_URL/v1/workflow-definitions/$WORKFLOW/invoke" -H "Authorization: Bearer $WORKFLOW_RUNS_API_KEY" \\
  -H "Content-Type: application/json" -H "Prefer: wait=60" -d '{}'
curl "$WORKFLOW_RUNS_URL/v1/workflow-runs/$RUN/result" -H "Authorization: Bearer $WORKFLOW_RUNS_API_KEY"
\`\`\`

## The runner protocol

A runner with a URL is sent a signed POST (Standard Webhooks) when a run starts: it checks the signature, answers 202 at once,
works, and reports the result with the \`callback_token\` of that message before the deadline:

\`\`\`sh
curl -X POST "$WORKFLOW_RUNS_URL/v1/workflow-runs/$RUN/callback" -H "Authorization: Bearer $CALLBACK_TOKEN" \\
  -H "Content-Type: application/json" -d '{"status":"COMPLETED"}'
\`\`\`

A runner without a URL leases runs of workflows whose policy has \`handover: "lease"\`. It opens a session once a day, by a runner
key (\`POST /v1/runner-keys\`) or an administrator's, and asks for runs with the session's \`token\`. Each lease has a
\`callback_token\`, for heartbeats every \`heartbeat_interval_seconds\` and for the result:

\`\`\`sh
curl -X POST "$WORKFLOW_RUNS_URL/v1/runner-sessions" -H "Authorization: Bearer $RUNNER_KEY" \\
  -H "Content-Type: application/json" -d '{"name":"cellar","capacity":1}'
curl -X POST "$WORKFLOW_RUNS_URL/v1/leases" -H "Authorization: Bearer $SESSION_TOKEN" \\
  -H "Content-Type: application/json" -d '{"request_id":"01920000-0000-7000-8000-000000000601","wait_seconds":30}'
curl -X POST "$WORKFLOW_RUNS_URL/v1/workflow-runs/$RUN/heartbeat" -H "Authorization: Bearer $CALLBACK_TOKEN"
\`\`\`
`;

/** `/llms.txt`: the first steps with an example of each, and links to the rest. */
export function llmsText(operations: readonly Operation[], origin: string): string {
  return `${head(origin)}
## Documentation

- [Everything in one text](${origin}/llms-full.txt): each operation with its parameters, and the guides
- [OpenAPI document](${origin}/openapi.json): every operation, with its parameters, answers and errors
- [API reference](${origin}/docs): the same as a page for people
${GUIDES.map(({ slug, title, summary }) => `- [${title}](${origin}/docs/${slug}): ${summary}`).join("\n")}

## Operations

${operations.map(({ method, path, summary }) => `- \`${method} ${path}\`: ${summary}`).join("\n")}
`;
}

/** `/llms-full.txt`: every operation with an example, and the full text of the guides. */
export function llmsFullText(operations: readonly Operation[], origin: string): string {
  const sections = operations.map((operation) => {
    const { method, path, summary, description, parameters, fields, answers } = operation;
    const given = [...parameters, ...fields].map(
      ({ name, type, isRequired, description: what }) =>
        `- \`${name}\` ${type}${isRequired ? ", required" : ""}${what === "" ? "" : `: ${what}`}`,
    );
    const answered = answers.map(({ status, description: what }) => `- ${status}: ${what}`);
    return [
      `### ${summary}\n\n\`${method} ${path}\``,
      ...(description === "" ? [] : [description]),
      ...(given.length === 0 ? [] : [given.join("\n")]),
      `\`\`\`sh\n${snippetOf("curl", operation)}\n\`\`\``,
      `Answers:\n\n${answered.join("\n")}`,
    ].join("\n\n");
  });
  const guides = GUIDES.map(({ markdown }) => markdown.trim().replaceAll(/^#/gm, "##"));
  return `${[head(origin).trim(), "## Operations", ...sections, ...guides].join("\n\n")}\n`;
}
