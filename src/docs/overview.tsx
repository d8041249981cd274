import { v7 as newId } from "uuid";
import { problemBody } from "../http/errors.ts";
import { NewIdField } from "../http/pages/new-id.tsx";
import { PROBLEMS } from "../http/problems.ts";
import { Code } from "./code.tsx";
import type { PageHeading } from "./contents.tsx";
import { type Group, operationHref } from "./groups.ts";
import { PARTS } from "./guides/guides.ts";
import { choiceOf, LanguageChoice } from "./languages.tsx";
import { Text } from "./layout.tsx";
import { LANGUAGES, type Language, MARKDOWN_NAMES, setupOf } from "./snippets.ts";

/** The sections of the overview. */
export const OVERVIEW_HEADINGS: readonly PageHeading[] = [
  ["quick-start", "Quick start"],
  ["life", "The life of a run"],
  ["authentication", "Authentication"],
  ["guides", "Guides"],
  ["operations", "Operations"],
  ["errors", "Errors"],
].map(([id = "", text = ""]) => ({ id, text, depth: 2 }));

type QuickStartProps = {
  /** The URL of this service, as the reader's browser knows it. */
  origin: string;
  /** The user who is signed in to the dashboard in this browser, or null. A signed-in user gets a button that creates a key. */
  userId: string | null;
  language: Language;
};

/** The first part of the overview, which depends on who reads it and where. */
export const Beginning = (props: QuickStartProps) => (
  <>
    <h1>The API of workflow-runs</h1>
    <p>
      Trigger runs of your workflows, follow them, and read how they ended. The same for programs:{" "}
      <a href="/openapi.json">OpenAPI</a>, <a href="/llms.txt">llms.txt</a>.
    </p>
    <QuickStart {...props} />
  </>
);

/** The rest of the overview, which is the same for everybody. */
export const Rest = ({ groups }: { groups: readonly Group[] }) => (
  <>
    <Life />
    <Credentials />
    <section>
      <h2 id="guides">Guides</h2>
      {PARTS.map(({ title, guides }) => (
        <>
          <h3>{title}</h3>
          <ul>
            {guides.map((guide) => (
              <li>
                <a href={`/docs/${guide.slug}`}>{guide.title}</a>: {guide.summary}
              </li>
            ))}
          </ul>
        </>
      ))}
    </section>
    <section>
      <h2 id="operations">Operations</h2>
      <p>
        Each operation lists its own answers. Any of them may also answer one of the <a href="#errors">errors</a> that
        they have in common.
      </p>
      {groups.map((group) => (
        <>
          <h3>
            <a href={`/docs/${group.slug}`}>{group.title}</a>
          </h3>
          <ul class="index">
            {group.operations.map((operation) => (
              // Before each group had a page, the operation itself had this address: `docs.js` leads on to where it is now.
              <li id={operation.id}>
                <a href={operationHref(group, operation)}>{operation.summary}</a>{" "}
                <code>{`${operation.method} ${operation.path}`}</code>
              </li>
            ))}
          </ul>
        </>
      ))}
    </section>
    <Errors />
  </>
);

const QuickStart = ({ origin, userId, language }: QuickStartProps) => (
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
          <form method="post" action={`/app/people/${userId}/keys`} data-result-in="made-key">
            <input type="hidden" name="name" value="Made at /docs" />
            <NewIdField id={newId()} />
            <button type="submit">Make an API key</button> It is yours, and is shown once.
            <div id="made-key" class="stack" />
          </form>
        )}
      </li>
      <li>
        Set the URL of the service and your API key once. All examples use these names, and so does the{" "}
        <a href="/docs/client#the-command-line">command line</a>.
        <LanguageChoice chosen={language} />
        {LANGUAGES.map((one) => (
          <Code text={setupOf(one, origin)} language={MARKDOWN_NAMES[one]} choice={choiceOf(one)} />
        ))}
      </li>
      <li>
        Find a workflow, put its <code>id</code> where it says <code>WORKFLOW</code>, trigger a run, and wait up to a
        minute until it has ended:
        <Code
          language="sh"
          text={`curl "$WORKFLOW_RUNS_URL/v1/workflow-definitions?limit=10" -H "Authorization: Bearer $WORKFLOW_RUNS_API_KEY"
WORKFLOW='…'
curl -X POST "$WORKFLOW_RUNS_URL/v1/workflow-definitions/$WORKFLOW/invoke" \\
  -H "Authorization: Bearer $WORKFLOW_RUNS_API_KEY" -H "Content-Type: application/json" -H "Prefer: wait=60" -d '{}'`}
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
      To follow one, ask with <code>Prefer: wait=60</code>, or read{" "}
      <a href="/docs/workflow-runs#stream_workflow_run">its stream</a>. Send an <code>Idempotency-Key</code> with an
      invoke that you may have to repeat.
    </p>
  </section>
);

const Credentials = () => (
  <section>
    <h2 id="authentication">Authentication</h2>
    <p>
      Send an API key, <code>Authorization: Bearer wr_…</code>. It acts as its user, with the same rights, until it is
      revoked or expires. The pages of this service send the cookie of the dashboard's session instead: with it, a
      change must come from a page of this service.
    </p>
    <p>
      Runners have credentials of their own. What a runner says about a run takes the run token of that attempt, which
      is in the dispatch or lease. A runner without an address asks for work with the token of its{" "}
      <a href="/docs/runner">session</a>. A webhook is proved by its signature:{" "}
      <a href="/docs/runner-protocol#the-signature">how to check it</a>.
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
    <Code text={JSON.stringify(problemBody("not_found", "0b6f3c1e-…"), null, 2)} language="json" />
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
            <tr id={`error-${code}`}>
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
