import { Name, Send } from "../components.tsx";
import { Page } from "../layout.tsx";
import { Trail } from "../trail.tsx";

/** A button that sends the runner of a workflow a test message, which asks for no work. For `resultIn`, see {@link Send}. */
export const TestRunner = ({ id, resultIn }: { id: string; resultIn?: string }) => (
  <Send action={`/app/workflows/${id}/test`} label="Send a test" kind="" {...(resultIn && { resultIn })} />
);

type Props = { id: string; name: string; url: string; isAccepted: boolean; answer: string };

/** The runner's answer to a test message. */
export const TestedPage = ({ id, name, url, isAccepted, answer }: Props) => (
  <Page title="The test of the runner" section="workflows">
    <div class="narrow">
      <Trail to={[[`/app/workflows/${id}`, <Name>{name}</Name>]]} />
      <h1>{isAccepted ? "The runner took the test" : "The runner did not take the test"}</h1>
      <div class="card stack">
        <p class="wrap">
          <code>{url}</code>
        </p>
        <div class="stack" data-result>
          <p class={isAccepted ? "" : "failure"} role="status">
            {isAccepted ? "The runner took the test." : "The runner did not take the test."} {answer}
          </p>
          {!isAccepted && (
            <p>
              A runner answers 2xx to each message whose signature is good. 401 most often means that it has another
              webhook secret: make a new one with Edit.
            </p>
          )}
        </div>
        <div class="actions">
          <a class="button primary" href={`/app/workflows/${id}`}>
            To the workflow
          </a>
          <TestRunner id={id} />
        </div>
      </div>
    </div>
  </Page>
);
