import type { DefinitionRow } from "../../workflows/workflow-definitions.ts";
import { Command, Name, Send } from "../components.tsx";
import { Page } from "../layout.tsx";
import { SentAgainPage } from "../new-id.tsx";
import { RUNNER_SNIPPET } from "./runner-snippet.ts";
import { TestRunner } from "./test-runner.tsx";

/** Shows a new webhook secret, with a runner that uses it. No other page ever shows the secret. */
export const SecretPage = ({ id, name, secret }: { id: string; name: string; secret: string }) => (
  <Page title="The new webhook secret" section="workflows">
    <div class="narrow">
      <h1>
        <Name>{name}</Name> is saved
      </h1>
      <section class="card stack">
        <h2>Its webhook secret</h2>
        <p>Copy it now: it is shown only once. Your runner checks with it that a message comes from this service.</p>
        <Command text={secret} label="Copy the secret" />
        <h2>Its runner</h2>
        <p>
          A runner to begin with, in Python and without packages. Save it as <code>runner.py</code>, start it where the
          workflow's runner is, and put your work into <code>work</code>.
        </p>
        <Command text={`WEBHOOK_SECRET='${secret}' PORT=8080 python3 runner.py`} label="Copy the command" />
        <Command text={RUNNER_SNIPPET} label="Copy the runner" isLong />
        <div id="tested" class="stack" />
        <div class="actions">
          <a class="button" href={`/app/workflows/${id}`}>
            To the workflow
          </a>
          <TestRunner id={id} resultIn="tested" />
          <Send action={`/app/workflows/${id}/invoke`} label="Invoke" kind="primary" />
        </div>
      </section>
    </div>
  </Page>
);

type SavedDefinition = { definition: DefinitionRow; etag: string };

/** Answers the form of a new workflow that was sent again. The secret was shown to its first sender, and is still valid. */
export const SecretAgainPage = ({ definition, etag }: SavedDefinition) => (
  <SentAgainPage
    title="The workflow is saved already"
    section="workflows"
    heading={
      <>
        <Name>{definition.name}</Name> is saved already
      </>
    }
  >
    <p>
      Its webhook secret was shown once, and cannot be shown again. If you do not have it, rotate it: the workflow gets
      a new secret, and its runner must be started with that one.
    </p>
    <div class="actions">
      <a class="button primary" href={`/app/workflows/${definition.id}`}>
        To the workflow
      </a>
      <Send action={`/app/workflows/${definition.id}/edit`} label="Rotate the secret" kind="">
        <Fields definition={definition} etag={etag} />
      </Send>
      <a class="button" href="/app/workflows/new">
        New workflow
      </a>
    </div>
  </SentAgainPage>
);

/** The hidden fields of the form with which a workflow gets a new secret, and stays as it is otherwise. */
const Fields = ({ definition, etag }: SavedDefinition) => {
  const fields = [
    ["name", definition.name],
    ["description", definition.description ?? ""],
    ["runner_url", definition.runner_url ?? ""],
    ["max_run_duration_seconds", String(definition.max_run_duration_seconds)],
    ["is_active", String(definition.is_active)],
    ["new_secret", "1"],
    ["etag", etag],
    ...definition.source_path_part_ids.map((id) => ["source", id] as const),
    ...definition.instruction_path_part_ids.map((id) => ["instruction", id] as const),
    ...definition.output_path_part_ids.map((id) => ["output", id] as const),
    ...(definition.template_path_part_id === null ? [] : [["template", definition.template_path_part_id] as const]),
  ] as const;
  return (
    <>
      {fields.map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
    </>
  );
};
