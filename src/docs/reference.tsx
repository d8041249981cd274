import { PROBLEMS } from "../http/problems.ts";
import type { Operation } from "./examples.ts";
import { GUIDES } from "./guides.ts";
import { Code, DocsPage, Text } from "./layout.tsx";
import { OperationSection } from "./operation.tsx";
import { LANGUAGES, setupOf } from "./snippets.ts";

type Props = {
  operations: readonly Operation[];
  /** The URL of this service, as the reader's browser knows it. */
  origin: string;
  /** The user who is signed in to the dashboard in this browser, or null. A signed-in user gets a button that creates a key. */
  userId: string | null;
};

/** The reference of the whole API. */
export const ReferencePage = ({ operations, origin, userId }: Props) => {
  const tags = [...new Set(operations.map(({ tag }) => tag))];
  return (
    <DocsPage title="API">
      <h1>The API of workflow-runs</h1>
      <p>
        Trigger runs of your workflows, follow them, and read how they ended. The same for programs:{" "}
        <a href="/openapi.json">OpenAPI</a>, <a href="/llms.txt">llms.txt</a>.
      </p>
      <QuickStart origin={origin} userId={userId} />
      <Life />
      <section>
        <h2 id="guides">Guides</h2>
        <ul>
          {GUIDES.map(({ slug, title, summary }) => (
            <li>
              <a href={`/docs/${slug}`}>{title}</a>: {summary}
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h2 id="operations">Operations</h2>
        <p>
          Each operation lists its own answers. Any of them may also answer one of the <a href="#errors">errors</a> that
          they have in common.
        </p>
        {tags.map((tag) => (
          <>
            <h3>{tag}</h3>
            <ul class="index">
              {operations
                .filter((operation) => operation.tag === tag)
                .map(({ id, summary, method, path }) => (
                  <li>
                    <a href={`#${id}`}>{summary}</a> <code>{`${method} ${path}`}</code>
                  </li>
                ))}
            </ul>
            {operations
              .filter((operation) => operation.tag === tag)
              .map((operation) => (
                <OperationSection operation={operation} />
              ))}
          </>
        ))}
      </section>
      <Errors />
    </DocsPage>
  );
};

const QuickStart = ({ origin, userId }: Pick<Props, "origin" | "userId">) => (
  <section>
    <h2 id="quick-start">Quick start</h2>
    <ol>
      <li>
        {userId === null ? (
          <>
            Get an API key: <a href="/app/sign-in?next=%2Fdocs">sign in</a>, and this page has a button that makes one.
            The first one was given to the person who set up your tenant.
          </>
        ) : (
          <form method="post" action={`/app/people/${userId}/keys`}>
            <input type="hidden" name="name" value="Made at /docs" />
            <input type="hidden" name="expires_at" value="" />
            <button type="submit">Make an API key</button> It is yours, and is shown once.
          </form>
        )}
      </li>
      <li>
        Set the URL of the service and your API key once. All examples below use these names.
        {LANGUAGES.map((language) => (
          <>
            <p class="label">{language}</p>
            <Code text={setupOf(language, origin)} />
          </>
        ))}
      </li>
      <li>
        Find a workflow, put its <code>id</code> where it says <code>WORKFLOW</code>, trigger a run, and wait up to a
        minute until it has ended:
        <Code
          text={`curl "$URL/v1/workflow-definitions?limit=10" -H "Authorization: Bearer $KEY"
WORKFLOW='…'
curl -X POST "$URL/v1/workflow-definitions/$WORKFLOW/invoke" -H "Authorization: Bearer $KEY" \\
  -H "Content-Type: application/json" -H "Prefer: wait=60" -d '{}'`}
        />
      </li>
    </ol>
  </section>
);

const Life = () => (
  <section>
    <h2 id="life">The life of a run</h2>
    <p>
      A run is <code>PENDING</code> while other runs of its workflow have the slots, or until a runner takes it; then{" "}
      <code>RUNNING</code>; and it ends as <code>COMPLETED</code> or <code>FAILED</code>. A run whose deadline has
      passed is <code>FAILED</code> from that instant on: none stays <code>RUNNING</code> for ever. A retry of a{" "}
      <code>FAILED</code> run is its next attempt, with the same snapshot and input.
    </p>
    <p>
      To follow one, ask with <code>Prefer: wait=60</code>, or read <a href="#stream_workflow_run">its stream</a>. Send
      an <code>Idempotency-Key</code> with an invoke that you may have to repeat.
    </p>
  </section>
);

const Errors = () => (
  <section>
    <h2 id="errors">Errors</h2>
    <p>
      An error is <code>application/problem+json</code> with <code>type</code>, <code>title</code>, <code>status</code>,{" "}
      <code>detail</code> (what to do) and <code>request_id</code> (what to quote when you ask for help). A request with
      values that are not allowed is 422, and its <code>detail</code> lists each of them with its location. After 429
      and 503, wait for the seconds in <code>Retry-After</code>.
    </p>
    <div class="wide" tabindex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Status</th>
            <th scope="col">Code</th>
            <th scope="col">What to do</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(PROBLEMS).map(([code, { status, detail }]) => (
            <tr>
              <td>{status}</td>
              <td>
                <code>{code}</code>
              </td>
              <td>
                <Text text={detail} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </section>
);
