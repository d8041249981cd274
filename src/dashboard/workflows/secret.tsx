import { Command, Name, Send } from "../components.tsx";
import { Page } from "../layout.tsx";
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
        <Command text={RUNNER_SNIPPET} label="Copy the runner" />
        <div class="actions">
          <a class="button" href={`/app/workflows/${id}`}>
            To the workflow
          </a>
          <TestRunner id={id} />
          <Send action={`/app/workflows/${id}/invoke`} label="Invoke" kind="primary" />
        </div>
      </section>
    </div>
  </Page>
);
