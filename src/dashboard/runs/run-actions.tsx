import { MAX_GRACE_SECONDS } from "../../workflows/policy.ts";
import { Ask, CopyCurl, Send } from "../components.tsx";
import { plural } from "../format.ts";
import { type Failure, Field, Failures as FormFailures, NO_FAILURE } from "../forms.tsx";
import { textOfSchema } from "../invoke/kit/input-fields.tsx";
import { InvokeForm, NO_INVOCATION, takenOver, textOfInput, textOfPriority } from "../invoke/kit/invoke-form.tsx";
import { PriorityField } from "../invoke/kit/priority-field.tsx";
import { hrefOfRun } from "../list-context.ts";
import { NewId } from "../new-id.tsx";
import { isInputCut, type ViewedRun } from "./kit/view-run.ts";

const can = (run: ViewedRun, what: "stop" | "retry" | "delete") => run.is_theirs && run.possible[what];

/** True when "Run again" is offered: it makes a new run, whose input can be changed. A retry is an attempt of the same run. */
const isAgainOffered = (run: ViewedRun) =>
  run.completed_at !== null && run.workflow.is_visible && run.workflow.obstacle === null;

/** What its caller may do with a run: each button asks first. */
export const Actions = ({ run, origin }: { run: ViewedRun; origin: string }) => {
  const { id, workflow } = run;
  const named = `this run of “${run.run_snapshot.workflow_name}”`;
  const isStartable = workflow.obstacle === null;
  return (
    <div class="actions">
      <CopyCurl url={`${origin}/v1/workflow-runs/${id}`} />
      {run.is_theirs && run.status === "PENDING" && run.not_before !== null && run.suspension === null && (
        <Ask id="ask-start-now" label="Start now" title={`Start ${named} now?`}>
          <p>It does not wait any longer: it joins the end of its workflow’s queue, and starts when it is its turn.</p>
          <Send action={hrefOfRun(id, "/start-now")} label="Start now" kind="primary" />
        </Ask>
      )}
      {run.may_prioritize && run.status === "PENDING" && (
        <Ask id="ask-priority" label="Priority" title={`Change the priority of ${named}?`}>
          <p>In the queue, it comes behind the runs with the same priority that joined before it.</p>
          <PriorityForm
            id={id}
            values={{ priority: textOfPriority(run.priority), workflow: run.run_snapshot.workflow_name }}
            failure={NO_FAILURE}
          />
        </Ask>
      )}
      {can(run, "stop") && (
        <Ask id="ask-stop" label="Stop" title={`Stop ${named}?`} kind="danger">
          <p>
            {run.status === "RUNNING"
              ? "Its runner is notified. If you give the runner time, the run keeps its slot until the runner has ended its work or the time is over. Otherwise it is FAILED at once and its slot is free for the next run. What the runner has done so far is not undone."
              : run.suspension !== null
                ? "It is FAILED at once, and does not go on."
                : "It is FAILED at once and leaves the queue. It has not started."}
          </p>
          <StopForm
            id={id}
            values={{ ...NOTHING_GIVEN, workflow: run.run_snapshot.workflow_name }}
            hasGrace={run.status === "RUNNING"}
            failure={NO_FAILURE}
          />
        </Ask>
      )}
      {can(run, "retry") && isStartable && (
        <Ask id="ask-retry" label="Retry" title={`Retry ${named}?`}>
          <p>
            It becomes attempt {run.attempt + 1} of the same run, with the same frozen parameters, at the end of its
            workflow’s queue. Its error is cleared; its events stay.
          </p>
          <Send action={hrefOfRun(id, "/retry")} label="Retry" kind="primary" />
        </Ask>
      )}
      {isAgainOffered(run) && (
        <Ask id="ask-again" label="Run again" title={`Trigger another run of “${run.run_snapshot.workflow_name}”?`}>
          <p>
            It is a new run of the same workflow. It reads and writes what the workflow names today.
            {isInputCut(run) && " Its input and labels are the same, unless you change them."}
          </p>
          {isInputCut(run) ? (
            <div class="actions">
              <Send action={hrefOfRun(id, "/again")} label="Run again" kind="primary">
                <NewId isNewAfterBack />
              </Send>
              <a class="button" href={hrefOfRun(id, "/again")}>
                Change its input
              </a>
            </div>
          ) : (
            <InvokeForm
              id={run.workflow_definition_id}
              given={{
                ...{ ...NO_INVOCATION, ...takenOver(run), input: textOfInput(run.input) },
                ...{ workflow: run.run_snapshot.workflow_name, schema: textOfSchema(workflow.input_schema) },
              }}
              failure={NO_FAILURE}
            />
          )}
        </Ask>
      )}
      {can(run, "delete") && (
        <Ask id="ask-delete" label="Delete" title={`Delete ${named}?`} kind="danger">
          <p>
            This deletes the run and its {plural(run.total_events, "event")} for good.
            {run.status === "PENDING" && " It leaves the queue and never starts."}
          </p>
          <Send action={hrefOfRun(id, "/delete")} label="Delete" kind="danger" />
        </Ask>
      )}
      {can(run, "retry") && !isStartable && (
        <span class="muted">
          {workflow.obstacle === "paused"
            ? "It cannot be retried while its workflow is paused."
            : "It cannot be retried without a runner."}
        </span>
      )}
    </div>
  );
};

/** `workflow` is the name of the run's workflow, for the heading of the page that answers a refused form. */
type StopValues = { reason: string; grace_seconds: string; workflow: string };
const NOTHING_GIVEN = { reason: "", grace_seconds: "" };
type StopFormProps = { id: string; values: StopValues; hasGrace: boolean; failure: Failure };

export const StopForm = ({ id, values, hasGrace, failure }: StopFormProps) => (
  <form method="post" action={hrefOfRun(id, "/stop")} class="stack">
    <FormFailures failure={failure} labels={{ reason: "Reason", grace_seconds: "Time for the runner" }} />
    <input type="hidden" name="workflow" value={values.workflow} />
    <Field
      name="reason"
      label="Reason (optional)"
      failure={failure}
      control={(a) => <input {...a} type="text" value={values.reason} autocomplete="off" />}
    />
    {hasGrace && (
      <Field
        name="grace_seconds"
        label="Time for the runner, in seconds (optional)"
        failure={failure}
        hint={`0 to ${MAX_GRACE_SECONDS}. Without it the run is stopped at once.`}
        control={(a) => (
          <input {...a} type="text" inputmode="numeric" value={values.grace_seconds} autocomplete="off" />
        )}
      />
    )}
    <button type="submit" class="danger">
      Stop
    </button>
  </form>
);

type PriorityFormProps = { id: string; values: { priority: string; workflow: string }; failure: Failure };

export const PriorityForm = ({ id, values, failure }: PriorityFormProps) => (
  <form method="post" action={hrefOfRun(id, "/priority")} class="stack">
    <FormFailures failure={failure} labels={{ priority: "Priority" }} />
    <input type="hidden" name="workflow" value={values.workflow} />
    <PriorityField value={values.priority} failure={failure} />
    <button type="submit" class="primary">
      Change
    </button>
  </form>
);
