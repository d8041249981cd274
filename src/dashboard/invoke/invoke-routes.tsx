/** Triggers a run of a workflow, with an input. */
import { v7 as newId } from "uuid";
import { triggerRun } from "../../runs/run-verbs.ts";
import { InvokeWorkflowRequestSchema } from "../../runs/workflow-definition-runs-routes.ts";
import { perform } from "../../verbs/perform.ts";
import { FormPage, readForm, submit } from "../forms.tsx";
import { Pages } from "../pages.ts";
import { seeOther } from "../render.ts";
import { idOf, readId } from "../signed-in.tsx";
import { readInput } from "./kit/input-fields.tsx";
import { type Invocation, InvokeForm, LABELS } from "./kit/invoke-form.tsx";
import { checkForm, linesOf, readJsonField, readLabels, readMinute } from "./kit/read-fields.ts";

export const invocations = new Pages();

/** Reads the form as the API would read its request. Throws ValidationFailed with all faults at once. */
function toRequest({ input, idempotencyKey, concurrencyKey, labels: lines, startAfter, mustStartBy }: Invocation) {
  const [read, { labels, faults: faultsOfLabels }] = [readJsonField("input", input), readLabels(lines)];
  const faults = [...read.faults, ...faultsOfLabels];
  const body = {
    idempotency_key: idempotencyKey === "" ? null : idempotencyKey,
    concurrency_key: concurrencyKey === "" ? null : concurrencyKey,
    start_after: readMinute(startAfter),
    must_start_by: readMinute(mustStartBy),
    input: read.value,
    labels,
  };
  return checkForm(InvokeWorkflowRequestSchema, { body, faults });
}

/** The heading of the page that answers a refused form. */
function titleOf({ runId, workflow }: Invocation): string {
  const named = workflow === "" ? "" : ` “${workflow}”`;
  return runId === "" ? `Invoke${named}` : `Run${named} again`;
}

invocations.form("/app/workflows/:id/invoke", async (c) => {
  const [definitionId, { values }] = [idOf(c), await readForm(c)];
  const given = {
    ...readInput(values),
    idempotencyKey: values.idempotency_key?.trim() ?? "",
    concurrencyKey: values.concurrency_key?.trim() ?? "",
    labels: linesOf(values, "labels").trim(),
    startAfter: values.start_after?.trim() ?? "",
    mustStartBy: values.must_start_by?.trim() ?? "",
    runId: values.run ? readId(values.run) : "",
    workflow: values.workflow ?? "",
  };
  const isAgain = given.runId !== "";
  return submit(
    c,
    async () => {
      const { idempotency_key: idempotencyKey = null, input = null, labels, ...more } = toRequest(given);
      const { run } = (
        await perform(c.var.services, triggerRun, {
          ...{ id: newId(), definitionId, idempotencyKey, input, traceparent: null },
          ...{
            labels: labels ?? {},
            concurrencyKey: more.concurrency_key ?? null,
            startAfter: more.start_after ?? null,
            mustStartBy: more.must_start_by ?? null,
          },
        })
      ).result;
      return seeOther(c, `/app/runs/${run.id}`);
    },
    (failure) => (
      <FormPage
        title={titleOf(given)}
        section={isAgain ? "runs" : "workflows"}
        back={isAgain ? `/app/runs/${given.runId}` : `/app/workflows/${definitionId}`}
      >
        <InvokeForm id={definitionId} given={given} failure={failure} />
      </FormPage>
    ),
    { labels: LABELS },
  );
});
