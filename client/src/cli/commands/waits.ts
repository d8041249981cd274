import type { Command } from "commander";
import { unwrap } from "../../connection.ts";
import type { components } from "../../openapi.ts";
import { byCursor } from "../../pages.ts";
import { contextOf } from "../context.ts";
import { integer } from "../input.ts";
import { ago, facts, harmless, instantOf, printList, printOne } from "../output.ts";

type Wait = components["schemas"]["WorkflowRunWait"];

const FOR_PEOPLE = `Only those that programs may answer, too (\`ask --programs-too\`): this command has an API key. The others are on the
dashboard, under "For you", after a sign-in with a login.`;

export function addWaits(program: Command): void {
  const waits = program.command("waits").description("List and answer the questions of suspended runs");

  waits
    .command("list")
    .description("List the open questions that you may answer, newest first; with --quiet, the ids of their runs")
    .option("--limit <n>", "how many at most", integer(1, 10_000), 20)
    .addHelpText("after", `\n${FOR_PEOPLE}\n\nExample:\n  $ workflow-runs waits list`)
    .action(async ({ limit }: { limit: number }, command: Command) => {
      const { client, mode } = contextOf(command);
      const found: Wait[] = [];
      const read = (cursor: string | undefined) =>
        unwrap(client.api.GET("/v1/waits", { params: { query: { limit: 100, ...(cursor && { cursor }) } } }));
      for await (const wait of byCursor(read)) if (found.push(wait) >= limit) break;
      // The service shows a key none of the others, so they cannot be counted here.
      const none = `There are none for an API key. Those that only a person may answer are at ${client.url}/app/waits.`;
      printList(mode, found, ({ run_id }) => run_id, waitRow, none);
    });

  waits
    .command("answer")
    .argument("<run>", "its id")
    .argument("<key>", "the key of the question")
    .argument("<answer>", "one of the choices, or a text")
    .description("Answer a question. The first answer counts, and the run goes on when nothing else is missing")
    .option("--comment <text>", "why, for people")
    .addHelpText(
      "after",
      `\n${FOR_PEOPLE}\n\nExample:\n  $ workflow-runs waits answer $RUN approve yes --comment "As agreed"`,
    )
    .action(async (run: string, key: string, value: string, { comment }: { comment?: string }, command: Command) => {
      const { client, mode } = contextOf(command);
      const answered = await unwrap(
        client.api.POST("/v1/workflow-runs/{run_id}/waits/{key}/answer", {
          params: { path: { run_id: run, key } },
          body: { value, ...(comment !== undefined && { comment }) },
        }),
      );
      printOne(mode, answered, run, () =>
        facts({
          run,
          question: harmless(answered.prompt),
          answer: harmless(answered.answer?.value ?? ""),
          comment: harmless(answered.answer?.comment ?? ""),
          answered: answered.answer && ago(answered.answer.at),
        }),
      );
    });
}

const waitRow = ({ run_id, key, workflow_name, prompt, choices, ends_at }: Wait) => ({
  run: run_id,
  key,
  workflow: harmless(workflow_name),
  question: harmless(prompt),
  answers: choices === null ? "a text" : choices.map(harmless).join(", "),
  until: instantOf(ends_at),
});
