import type { Child } from "hono/jsx";
import { Command } from "../../components.tsx";
import { formatCurl } from "../../format.ts";
import type { Beginning } from "./beginning.ts";

const Step = ({ isDone, title, children }: { isDone: boolean; title: string; children: Child }) => (
  <li class={isDone ? "done" : ""}>
    <svg viewBox="0 0 16 16" aria-hidden="true">
      {isDone ? <path d="m3 8.5 3.5 3.5L13 4.5" /> : <circle cx="8" cy="8" r="6" />}
    </svg>
    <div>
      <strong>{title}</strong> <span class="visually-hidden">{isDone ? "(done)" : "(to do)"}</span>
      <p class="muted">{children}</p>
    </div>
  </li>
);

/** The steps before the first run. A step is ticked when it is done, on whichever page or by whichever API call. */
export const Checklist = ({ beginning, origin }: { beginning: Beginning; origin: string }) => {
  const { workflowId, readyWorkflowId } = beginning;
  return (
    <section class="card" aria-label="The first steps">
      <h2>First steps</h2>
      <ol class="checklist">
        <Step isDone={workflowId !== null} title="A workflow">
          {workflowId === null ? (
            "It says how its runs get to the program that does the work."
          ) : (
            <Link id={workflowId}>It is here</Link>
          )}
        </Step>
        <Step isDone={readyWorkflowId !== null} title="A runner">
          Your program: it asks for runs with a key of its own, or gets them at a URL. You get a small one to begin
          with.
        </Step>
        <Step isDone={false} title="The first run">
          {readyWorkflowId === null ? (
            workflowId === null ? (
              "It needs a workflow with a runner."
            ) : (
              "None can be triggered yet: the workflow is paused or has no runner."
            )
          ) : (
            <>
              Invoke <Link id={readyWorkflowId}>the workflow</Link> from its page, or with an API key in $API_KEY.
            </>
          )}
        </Step>
      </ol>
      {readyWorkflowId !== null && (
        <Command
          label="Copy the command"
          text={formatCurl(`${origin}/v1/workflow-definitions/${readyWorkflowId}/invoke`, "POST")}
        />
      )}
      <p class="more">
        {workflowId === null ? (
          <a class="button primary" href="/app/workflows/new">
            Create a workflow
          </a>
        ) : (
          <a class="button primary" href={`/app/workflows/${readyWorkflowId ?? workflowId}`}>
            To the workflow
          </a>
        )}
      </p>
    </section>
  );
};

const Link = ({ id, children }: { id: string; children: Child }) => <a href={`/app/workflows/${id}`}>{children}</a>;
