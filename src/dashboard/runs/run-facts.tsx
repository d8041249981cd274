import { Fact, Id, Name, WorkflowName } from "../components.tsx";
import { shortId } from "../format.ts";
import { CAUSES, TriggerLink } from "../triggers/kit/triggered-by.tsx";
import { LabelLinks } from "./kit/run-labels.tsx";
import type { ViewedRun } from "./kit/view-run.ts";

/** What tells this run from others, below its title. */
export const Facts = ({ run }: { run: ViewedRun }) => (
  <dl class="facts of-run">
    <Fact name="Workflow">
      <WorkflowName
        id={run.workflow_definition_id}
        name={run.run_snapshot.workflow_name}
        isVisible={run.workflow.is_visible}
      />
      {run.workflow.is_active ? "" : " (paused)"}
    </Fact>
    <Fact name="Triggered by">
      {run.trigger !== null && (
        <>
          the trigger <TriggerLink trigger={run.trigger} />, {CAUSES[run.trigger.cause] ?? run.trigger.cause}
          {run.trigger.of_run_id !== null && (
            <>
              {" "}
              <Id id={run.trigger.of_run_id} href={`/app/runs/${run.trigger.of_run_id}`} />
            </>
          )}
          , with the rights of{" "}
        </>
      )}
      {run.person_id === null ? (
        <Name>{run.user_name}</Name>
      ) : (
        <a href={`/app/people/${run.person_id}`}>
          <Name>{run.user_name}</Name>
        </a>
      )}
      {run.batch_id !== null && (
        <>
          , in the batch <Id id={run.batch_id} href={`/app/batches/${run.batch_id}`} />
        </>
      )}
    </Fact>
    <Parents run={run} />
    {run.concurrency_key !== "" && (
      <Fact name="Concurrency key">
        <bdi class="wrap">{run.concurrency_key}</bdi>
      </Fact>
    )}
    {run.priority > 0 && <Fact name="Priority">{run.priority}</Fact>}
    {Object.keys(run.labels).length > 0 && (
      <Fact name="Labels">
        <LabelLinks labels={run.labels} />
      </Fact>
    )}
  </dl>
);

/** The run that has triggered it, and before that the one that has triggered that, to the first. */
const Parents = ({ run: { family } }: { run: ViewedRun }) =>
  family.path.length === 0 ? null : (
    <Fact name={family.path.length === 1 ? "Parent" : "Parents"}>
      {family.path.map(({ id, workflow_name }, n) => (
        <>
          {n > 0 && " › "}
          <a href={`/app/runs/${id}`} title={id}>
            <Name>{workflow_name}</Name> {shortId(id)}
          </a>
        </>
      ))}
      , as <bdi>{family.key}</bdi>
    </Fact>
  );
